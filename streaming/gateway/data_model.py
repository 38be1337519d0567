"""The picture of the data model in docs/data-model.md: Mermaid diagrams, an area each, made from the models.

Columns, types, keys and references are the models' own; which tables stand together is declared in `AREAS`. Entry
points: `picture`, `with_picture`. Failure: `LookupError` for a model of ours that no area has, `ValueError` for a text
without the place for the picture.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections, models

from streaming.stores.aliases import CATALOG
from streaming.stores.citus.placement import DISTRIBUTED, ON_COORDINATOR, REFERENCE, SPREAD

Column = Any  # a field of a model that is a column; Django's stubs let its `column` be None
APPS = ("catalog", "trending", "analytics")
AREAS = {
    "A title, its texts and what it looks like": (
        *("catalog.content", "catalog.translation", "catalog.alternativetitle", "catalog.artwork"),
        "catalog.video",
    ),
    "Seasons and episodes": (
        "catalog.season",
        "catalog.episode",
        "catalog.episodeorder",
        "catalog.marker",
    ),
    "People and their parts": ("catalog.credit", "catalog.person"),
    "Genres, keywords and studios": (
        *("catalog.content_genres", "catalog.genre", "catalog.content_keywords", "catalog.keyword"),
        *("catalog.content_studios", "catalog.studio"),
    ),
    "Collections": ("catalog.collectionitem", "catalog.collection"),
    "Who may see a title": (
        "catalog.availabilitywindow",
        "catalog.maturityrating",
        "catalog.maturitylevel",
    ),
    "Where titles come from, and what became of them": (
        *("catalog.externalid", "catalog.externalidclaim", "catalog.source", "catalog.contentmerge"),
        *("catalog.personmerge", "catalog.change"),
    ),
    "Search and popularity": ("catalog.searchdocument", "catalog.searchword", "trending.trendingdaily"),
    "People and their plays (`analytics_db`)": ("analytics.user", "analytics.watchhistory"),
}
LEFT_OUT = frozenset(
    {"analytics.user_groups", "analytics.user_user_permissions"}
)  # Django's, as its groups are
KEYS_OF_SPREAD = {"catalog.externalidclaim": ("value", "scheme")}  # as its migration's `SpreadBy` says
BEGIN, END = "<!-- made by `manage.py data_model` -->", "<!-- end of what it made -->"
SHORT = {"timestamp with time zone": "timestamptz", "double precision": "double"}
PLACES = {
    **dict.fromkeys(REFERENCE, "on every node"),
    **dict.fromkeys(DISTRIBUTED, "with the title"),
    **{label: f"by {column}" for label, column in SPREAD.items()},
    **dict.fromkeys(ON_COORDINATOR, "on the coordinator"),
}


def picture() -> str:
    """All areas, each with its diagram, its further unique keys and where Citus has its tables."""
    shown = {label for labels in AREAS.values() for label in labels} | LEFT_OUT
    missing = sorted(
        model._meta.label_lower
        for name in APPS
        for model in apps.get_app_config(name).get_models(include_auto_created=True)
        if model._meta.managed and model._meta.label_lower not in shown
    )
    if missing:
        raise LookupError(f"No area of streaming.gateway.data_model has {', '.join(missing)}.")
    return "\n\n".join(_area(title, [apps.get_model(label) for label in AREAS[title]]) for title in AREAS)


def with_picture(text: str) -> str:
    """The text with the present picture between its two marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"There is no place for the picture: {BEGIN} … {END}.")
    return f"{before}{BEGIN}\n\n{picture()}\n\n{END}{after}"


def _area(title: str, tables: list[type[models.Model]]) -> str:
    references = [line for table in tables for line in _references(table)]
    entities = [line for table in tables for line in _entity(table)]
    diagram = "\n".join(["```mermaid", "erDiagram", *references, *entities, "```"])
    sentences = [sentence for sentence in (_unique(tables), _placed(tables)) if sentence]
    return "\n\n".join([f"### {title}", diagram, *sentences])


def _unique(tables: list[type[models.Model]]) -> str:
    named = [
        f"{table._meta.db_table} ({', '.join(columns)}){among}"
        for table in tables
        for columns, among in _keys_beside(table)
    ]
    return f"Unique beside the keys: {'; '.join(named)}." if named else ""


def _keys_beside(table: type[models.Model]) -> Iterator[tuple[list[str], str]]:
    """Columns of each further unique key, and among which rows it holds."""
    options: Any = table._meta
    for field in options.concrete_fields:
        if field.unique and not field.primary_key:
            yield [field.column], ""
    for constraint in options.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            condition: Any = constraint.condition
            among = " and ".join(name for name, _ in condition.children) if condition else ""
            columns = [options.get_field(name).column for name in constraint.fields]
            yield columns, f" among {among}" if among else ""


def _placed(tables: list[type[models.Model]]) -> str:
    places: dict[str, list[str]] = {}
    for table in tables:
        if place := PLACES.get(table._meta.label_lower):
            places.setdefault(place, []).append(table._meta.db_table)
    named = (f"{place}: {', '.join(names)}" for place, names in places.items())
    return f"On Citus {'; '.join(named)}." if places else ""


def _entity(table: type[models.Model]) -> Iterator[str]:
    keys = _key(table)
    fields: list[Column] = sorted(table._meta.concrete_fields, key=lambda field: _rank(field, keys))
    yield f"    {table._meta.db_table} {{"
    for field in fields:
        marks = [mark for mark, holds in (("PK", field.column in keys), ("FK", field.is_relation)) if holds]
        note = ' "may be null"' if field.null else ""
        yield f"        {_type(field)} {field.column} {', '.join(marks)}".rstrip() + note
    yield "    }"


def _rank(field: Column, keys: tuple[str, ...]) -> int:
    """The key first, in its order; then as declared."""
    return keys.index(field.column) if field.column in keys else len(keys)


def _key(table: type[models.Model]) -> tuple[str, ...]:
    """The columns of the database's primary key, which for a title's rows is wider than Django's."""
    options: Any = table._meta
    label, own = options.label_lower, options.pk.column
    if label in KEYS_OF_SPREAD:
        return KEYS_OF_SPREAD[label]
    if label not in DISTRIBUTED or own == "content_id":
        return (own,)
    if options.auto_created:
        linked = (field.column for field in options.concrete_fields if field.is_relation)
        return tuple(sorted(linked, key=lambda column: column != "content_id"))
    return "content_id", own


def _type(field: Column) -> str:
    """PostgreSQL's name of it, as one word: all that a diagram takes."""
    stored: Column = field.output_field if isinstance(field, models.GeneratedField) else field
    written = stored.db_type(connections[CATALOG])
    return SHORT.get(written, "numeric" if written.startswith("numeric") else written)


def _references(table: type[models.Model]) -> Iterator[str]:
    """An arrow for each; dotted where no key of the database sees to it."""
    field: Column
    for field in table._meta.concrete_fields:
        if not field.is_relation:
            continue
        target = field.remote_field.model._meta.db_table
        one = "|o" if field.null else "||"
        many = "o|" if field.unique else "o{"
        line = "--" if field.db_constraint else ".."
        yield f"    {target} {one}{line}{many} {table._meta.db_table} : {field.column}"
