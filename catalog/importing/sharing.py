"""What titles share, before the titles: people, genres, keywords, studios. Called inside the batch's transaction,
which keeps everybody from being merged meanwhile (`catalog.locking.everybody_lock`).

Those that are there already are left as they are, so an editor's biography or a merged name survives every import.
Entry points: `people_insert`, `terms_insert`, `term_ids`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db import connections

from catalog.importing.identity import person_id
from catalog.importing.records import Person, Title
from catalog.importing.selectors import people_by_id
from catalog.terms import TERMS
from streaming.stores.aliases import CATALOG

# One statement with one array each: on Citus this writes a reference table, and so from the coordinator only.
INSERT_PEOPLE = """
INSERT INTO cast_crew (person_id, name, role, date_of_birth, date_of_death)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::date[], %s::date[])
ON CONFLICT (person_id) DO NOTHING
"""

TermIds = dict[str, dict[str, int]]  # by the field of `Title`, then by name


class Known(NamedTuple):
    """The people of a batch as the catalog has them: the name of each, and who was merged into whom."""

    names: dict[UUID, str]
    moved: dict[UUID, UUID]


def people_insert(titles: Iterable[Title]) -> Known:
    """Inserts the people who are not there; without a `Person`, what they do first in these rows is their role."""
    found: dict[UUID, tuple[str, Person]] = {}
    nameless = set()  # of records whose file of names is missing: they are there
    for title in titles:
        for credit in title.credits:
            key = person_id(credit.name, credit.person)
            if not credit.name:
                nameless.add(key)
            elif key not in found:
                found[key] = (credit.name, title.people.get(credit.person) or Person(role=credit.job))
    people = people_by_id(nameless | found.keys())
    missing = found.keys() - people.keys()
    if missing:
        _insert({key: found[key] for key in missing})
        people |= people_by_id(missing)  # read, for somebody else may have been faster
    return _known(people)


def _insert(found: Mapping[UUID, tuple[str, Person]]) -> None:
    # In the order of their keys, so that two writers cannot wait for each other.
    rows = sorted((str(key), name, *person) for key, (name, person) in found.items())
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(INSERT_PEOPLE, [list(column) for column in zip(*rows, strict=True)])


def _known(people: Mapping[UUID, tuple[str, UUID | None]]) -> Known:
    moved = {key: into for key, (_, into) in people.items() if into is not None}
    others = people_by_id(set(moved.values()) - people.keys()) if moved else {}
    return Known({key: name for key, (name, _) in (*people.items(), *others.items())}, moved)


def terms_insert(titles: Collection[Title]) -> TermIds:
    """Inserts the genres, keywords and studios that are not there; the ids of all in `titles`."""
    ids: TermIds = {}
    for field, model in TERMS.items():
        names = sorted({name for title in titles for name in getattr(title, field)})
        ids[field] = term_ids(field, names)
        missing = [model(name=name) for name in names if name not in ids[field]]
        if missing:
            model._default_manager.using(CATALOG).bulk_create(missing, ignore_conflicts=True)
            ids[field] = term_ids(field, names)
    return ids


def term_ids(field: str, names: Collection[str]) -> dict[str, int]:
    """Id by name, of those that exist."""
    if not names:
        return {}
    rows = TERMS[field]._default_manager.using(CATALOG).filter(name__in=names).order_by()
    return dict(rows.values_list("name", "pk"))
