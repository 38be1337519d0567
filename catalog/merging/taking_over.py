"""What a surviving title takes over of another one: copies of the rows that it lacks.

`PARTS` says for each table what makes two rows the same thing; what the survivor has already it does not lack. Rows
are copied under new ids, because a row does not move between titles (`KeyedByContent`), and so the loser stays whole.
What it may be shown by `licences` says.

Entry points: `take_over`, `give_back`. Failure: `CollectionRefused`; `django.db.Error`s.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps

from catalog.importing.avails.dossiers import SCHEME
from catalog.merging.licences import licences_take_over
from catalog.merging.noting import noted_in
from catalog.merging.parting import licences_give_back
from catalog.models import (
    AlternativeTitle,
    Artwork,
    CollectionItem,
    Content,
    Credit,
    Episode,
    EpisodeOrder,
    Marker,
    MaturityRating,
    OfTitle,
    Season,
    Source,
    Translation,
    Video,
)
from catalog.services.collections import items_check
from catalog.services.episodes import episodes_release
from catalog.terms import TERMS
from streaming.stores.aliases import CATALOG

AT_ONCE = 1000
# Columns of the title itself.
FILLED = (
    *("original_title", "release_date", "duration_minutes", "summary", "thumbnail_url", "trailer_url"),
    *("sort_title", "tagline", "original_language", "countries"),
)
RATING = ("rating", "rating_count")  # one is of the other: they come and go together
EMPTY: tuple[Any, ...] = (None, "", [])  # a 0 is something: a rating of 0.0 is one

Undo = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A table of a title's rows. `same` says what a row is of, `wanted` whether the survivor may have it at all."""

    model: type[OfTitle]
    same: Callable[[Any], Hashable]
    wanted: Callable[[Any, list[Any]], bool] = lambda row, there: True


def _whole_title_s(row: Any, markers: list[Any]) -> bool:
    return row.episode_id is None and not any(each.episode_id is None for each in markers)


PARTS = (
    Part(AlternativeTitle, lambda row: (row.title, row.country)),
    Part(Translation, lambda row: row.language),
    Part(Credit, lambda row: row.part),
    Part(Season, lambda row: row.number),
    Part(Artwork, lambda row: row.url),
    Part(Video, lambda row: row.url),
    Part(MaturityRating, lambda row: (row.system, row.country)),
    # By its record an import that is run again knows what it brought, and leaves the copies of it alone.
    Part(Source, lambda row: (row.scheme, row.value), lambda row, there: row.scheme != SCHEME),
    Part(CollectionItem, lambda row: row.collection_id),
    Part(Marker, lambda row: row.pk, _whole_title_s),
)


def take_over(*, loser: Content, survivor: Content) -> tuple[Undo, list[str]]:
    """Gives the survivor what it lacks, in the transaction under way; what `give_back` needs to know, and which
    licences the survivor had no place for, in a sentence each.

    Raises `CollectionRefused` where a collection that the loser is picked for has no room for the survivor beside it.
    """
    rows: dict[str, dict[str, str]] = {}
    licences = licences_take_over(loser_id=loser.content_id, survivor_id=survivor.content_id)
    _note(rows, _added(licences.copies))
    for part in PARTS:
        there, theirs = _rows(part.model, survivor), _rows(part.model, loser)
        known = {part.same(row) for row in there}
        lacking = [row for row in theirs if part.same(row) not in known and part.wanted(row, there)]
        if part.model is CollectionItem:
            items_check(content_id=survivor.content_id, collection_ids=[row.collection_id for row in lacking])
        _note(rows, _copies(lacking, survivor, _primaries(there)))
    _note(rows, _as_another_name(loser, survivor))
    for copies in _episodes(loser, survivor):
        _note(rows, copies)
    links, filled = _link(loser, survivor), _fill(loser, survivor)
    return {"rows": rows, **licences.note, "links": links, "filled": filled}, licences.left


def give_back(*, loser_id: UUID, survivor: Content, undo: Undo) -> list[str]:
    """Takes back what `take_over` gave and nobody changed since; what stays, in a sentence each. To be called when the
    external ids went back.

    With an episode goes all that hangs on it, and a season stays while it has episodes that do.
    """
    unchanged, changed = _given(survivor, undo["rows"])
    gone = {row.pk for row in unchanged if isinstance(row, Episode)}
    seasons = _seasons_left(survivor, unchanged, gone)
    kept = [
        f"{row._meta.verbose_name} “{row}” was changed since"
        for row in changed
        if getattr(row, "episode_id", None) not in gone
    ]
    kept += [f"season “{season}” has episodes that stay" for season in seasons]
    episodes_release(content_ids=[survivor.content_id], gone=gone)
    _delete(survivor, [row for row in unchanged if row not in seasons])
    both = {"loser_id": loser_id, "survivor_id": survivor.content_id}
    kept += licences_give_back(**both, noted=noted_in(undo, **both))
    for name, keys in undo["links"].items():
        getattr(survivor, name).remove(*keys)
    return kept + _empty_again(survivor, undo["filled"])


def _given(survivor: Content, noted: dict[str, dict[str, str]]) -> tuple[list[Any], list[Any]]:
    """Of the rows that were given those that are as they were, and the others; not those that are gone."""
    unchanged, changed = list[Any](), list[Any]()
    for label, digests in noted.items():
        model: Any = apps.get_model(label)
        rows = model._base_manager.using(CATALOG).filter(content_id=survivor.content_id, pk__in=list(digests))
        for row in rows:
            (unchanged if _digest(row) == digests[str(row.pk)] else changed).append(row)
    return unchanged, changed


def _seasons_left(survivor: Content, rows: Iterable[Any], gone: Collection[UUID]) -> list[Season]:
    """Those seasons of `rows` that have an episode besides `gone`."""
    seasons = [row for row in rows if isinstance(row, Season)]
    if not seasons:
        return []
    others = Episode.objects.using(CATALOG).filter(content_id=survivor.content_id).exclude(pk__in=gone)
    numbers = set(others.order_by().values_list("season_number", flat=True))
    return [season for season in seasons if season.number in numbers]


def _delete(survivor: Content, rows: Iterable[Any]) -> None:
    keys: defaultdict[Any, list[UUID]] = defaultdict(list)
    for row in rows:
        keys[type(row)].append(row.pk)
    for model, its in keys.items():
        model._base_manager.using(CATALOG).filter(content_id=survivor.content_id, pk__in=its).delete()


def _rows(model: type[OfTitle], content: Content) -> list[Any]:
    rows: Any = model._base_manager.using(CATALOG)
    return list(rows.filter(content_id=content.content_id).order_by("pk"))


def _primaries(there: Iterable[Any]) -> set[Hashable]:
    return {(row.kind, row.language) for row in there if getattr(row, "is_primary", False)}


def _copies(rows: Iterable[Any], survivor: Content, primaries: set[Hashable]) -> list[Any]:
    """Of one model; a primary picture stays one only where the survivor has none."""
    copies = [_copy(row, survivor) for row in rows]
    for copy in copies:
        if getattr(copy, "is_primary", False):
            copy.is_primary = (copy.kind, copy.language) not in primaries
    return _added(copies)


def _copy(row: Any, survivor: Content, **changes: Any) -> Any:
    same = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**same, "id": uuid4(), "content_id": survivor.content_id, **changes})


def _added(rows: list[Any]) -> list[Any]:
    if rows:
        type(rows[0])._base_manager.using(CATALOG).bulk_create(rows, batch_size=AT_ONCE)
    return rows


def _as_another_name(loser: Content, survivor: Content) -> list[Any]:
    names = {survivor.title, *(row.title for row in _rows(AlternativeTitle, survivor))}
    return [] if loser.title in names else _added([AlternativeTitle(content=survivor, title=loser.title)])


def _episodes(loser: Content, survivor: Content) -> list[list[Any]]:
    """Episodes at places that are free, with their markers, and their places in other orders where those are free."""
    places = {(row.season_number, row.number) for row in _rows(Episode, survivor)}
    free = [row for row in _rows(Episode, loser) if (row.season_number, row.number) not in places]
    copies = _copies(free, survivor, set())
    new_ids: dict[UUID, UUID] = {row.pk: copy.pk for row, copy in zip(free, copies, strict=True)}
    taken = {(row.order, row.season_number, row.number) for row in _rows(EpisodeOrder, survivor)}
    orders = [
        _copy(row, survivor, episode_id=new_ids[row.episode_id])
        for row in _rows(EpisodeOrder, loser)
        if row.episode_id in new_ids and (row.order, row.season_number, row.number) not in taken
    ]
    markers = [
        _copy(row, survivor, episode_id=new_ids[row.episode_id])
        for row in _rows(Marker, loser)
        if row.episode_id in new_ids
    ]
    return [copies, _added(orders), _added(markers)]


def _link(loser: Content, survivor: Content) -> dict[str, list[int]]:
    added = {}
    for name in TERMS:
        has = set(getattr(survivor, name).values_list("pk", flat=True))
        added[name] = sorted(set(getattr(loser, name).values_list("pk", flat=True)) - has)
        getattr(survivor, name).add(*added[name])
    return added


def _fill(loser: Content, survivor: Content) -> dict[str, str]:
    """Fields that the survivor has nothing in, and what was put there."""
    wanted = [name for name in FILLED if getattr(survivor, name) in EMPTY]
    found = {name: getattr(loser, name) for name in wanted if getattr(loser, name) not in EMPTY}
    if survivor.rating is None and loser.rating is not None:
        found |= {name: getattr(loser, name) for name in RATING}
    if found:
        Content.objects.using(CATALOG).filter(content_id=survivor.content_id).update(**found)
    return {name: str(value) for name, value in found.items()}


def _empty_again(survivor: Content, filled: dict[str, str]) -> list[str]:
    changed = {name for name, value in filled.items() if str(getattr(survivor, name)) != value}
    if changed.intersection(RATING):
        changed.update(filled.keys() & set(RATING))
    empty = {name: _nothing(name) for name in filled if name not in changed}
    if empty:
        Content.objects.using(CATALOG).filter(content_id=survivor.content_id).update(**empty)
    return [f"{name.replace('_', ' ')} was changed since" for name in filled if name in changed]


def _nothing(name: str) -> Any:
    field: Any = Content._meta.get_field(name)
    return None if field.null else field.get_default()


def _note(rows: dict[str, dict[str, str]], copies: Iterable[Any]) -> None:
    for copy in copies:
        rows.setdefault(copy._meta.label_lower, {})[str(copy.pk)] = _digest(copy)


def _digest(row: Any) -> str:
    values = [str(field.to_python(getattr(row, field.attname))) for field in row._meta.concrete_fields]
    return hashlib.sha256("\x00".join(values).encode()).hexdigest()[:16]
