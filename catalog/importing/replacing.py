"""The child rows of titles whose source says something else than last time, and of those that lack what was kept out.

A row is changed or taken away while it says what the source said last. One that says something else was corrected
since: it stays, and the report tells of it, as it does of a row that something else keeps out. A row is known by its
id, which follows from what the source says; one that a merge of titles copied has an id of its own, and is known by
what it says. One that says what another row says already, whoever brought that, is not put beside it.

Entry points: `children_replace`, `children_add`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple
from uuid import UUID

from catalog.importing.children import (
    ARTWORK,
    EPISODES,
    EXTERNAL_IDS,
    KINDS,
    SEASONS,
    Kind,
    MovedPeople,
    Values,
    rows_of,
)
from catalog.importing.identity import season_id
from catalog.importing.records import Row, Title
from catalog.importing.selectors import rows_copied
from catalog.models import Artwork, Episode, OfTitle
from catalog.services.episodes import episodes_release
from streaming.stores.aliases import CATALOG

# What keeps such a row out says the same.
SAME_IN_ITS_PLACE = (SEASONS, EXTERNAL_IDS)
IN_THE_WAY = "the catalog has something else in its place"
CORRECTED = "it was corrected since it was imported, and stays"
AT_ONCE = 1000


class Before(NamedTuple):
    """What the record of the last import says. What it says and the catalog lacks, somebody took away;

    not so when `is_whole` is false: an earlier release stored the record and made less of it; nor what was `kept_out`,
    the ids of rows.
    """

    title: Title
    is_whole: bool
    kept_out: frozenset[UUID]


class KeptOut(NamedTuple):
    """Something a row says that the catalog has no place for, or something of the catalog that the row has no say in.

    `child_id` is of a row that may come in once there is a place.
    """

    content_id: UUID
    reason: str
    child_id: UUID | None = None


Rows = Mapping[UUID, Row]
Said = Mapping[UUID, Before]
ById = dict[UUID, Values]


def children_replace(kind: Kind, rows: Rows, said: Said, moved_people: MovedPeople) -> Iterator[KeptOut]:
    """A row that says something else than before is taken out and put in again, with what editors changed in it:
    updated in its place it would meet rows that are to move as well, as when two episodes change places.
    """
    new, old, settled = _compared(kind, rows, said, moved_people)
    dropped = old.keys() - new.keys()
    held = _held(kind, old, dropped | {key for key in new.keys() & old.keys() if new[key] != old[key]})
    moved = {key: row for key, row in held.items() if key in new}
    for key, row in moved.items():
        _set_differences(kind, row, old[key], new[key])
    gone = _without_used_seasons(kind, {key: held[key] for key in old if key in dropped and key in held})
    corrected = {key: row for key, row in gone.items() if _telling(kind, row) != _said(kind, old[key])}
    leaving = {row.pk for key, row in gone.items() if key not in corrected}
    _delete(kind, rows, leaving | {row.pk for row in moved.values()})
    added = _lacking(kind, [_made(kind, values) for key, values in new.items() if key not in settled])
    kept_out = _insert(kind, rows, [*moved.values(), *added])
    if kind is EPISODES:
        episodes_release(content_ids=rows, gone=leaving.union(row.pk for row in kept_out))
    yield from (KeptOut(row.content_id, _reason(row, CORRECTED)) for row in corrected.values())
    keys = {row.pk: key for key, row in moved.items()}
    for row in kept_out:
        yield KeptOut(row.content_id, _reason(row, IN_THE_WAY), keys.get(row.pk, row.pk))


def children_add(rows: Rows, wanted: Set[UUID]) -> tuple[list[OfTitle], list[KeptOut]]:
    """Of what the rows say those of the ids `wanted`: what came in, and what is kept out still."""
    added: list[OfTitle] = []
    kept_out: list[KeptOut] = []
    for kind in KINDS:
        said = [
            _made(kind, values)
            for content_id, row in rows.items()
            for key, values in rows_of(kind, content_id, row.title).items()
            if key in wanted
        ]
        said = _lacking(kind, said)
        left_out = {row.pk: row for row in _insert(kind, rows, said)}
        added += [row for row in said if row.pk not in left_out]
        kept_out += [KeptOut(row.content_id, _reason(row, IN_THE_WAY), row.pk) for row in left_out.values()]
    _add_seasons(rows, [row for row in added if isinstance(row, Episode)])
    return added, kept_out


def _add_seasons(rows: Rows, episodes: Iterable[Episode]) -> None:
    """A season's row is there whenever an episode of it is."""
    places = sorted({(row.content_id, row.season_number) for row in episodes})
    _insert(SEASONS, rows, [_made(SEASONS, (season_id(*place), *place, "", "")) for place in places])


def _compared(kind: Kind, rows: Rows, said: Said, moved: MovedPeople) -> tuple[ById, ById, set[UUID]]:
    """What the source says now and said before, and of which of it the catalog has what it is to have."""
    new: ById = {}
    old: ById = {}
    settled: set[UUID] = set()
    for content_id, row in rows.items():
        new |= rows_of(kind, content_id, row.title, moved)
        if before := said.get(content_id):
            brought = rows_of(kind, content_id, before.title, moved)
            old |= brought
            settled |= brought.keys() - before.kept_out if before.is_whole else set()
    return new, old, settled


def _held(kind: Kind, old: ById, keys: Set[UUID]) -> dict[UUID, OfTitle]:
    """The catalog's rows of what the source said before, as far as they are there."""
    if not keys:
        return {}
    held = {row.pk: row for row in _rows_by_id(kind, {old[key][1] for key in keys}, keys)}
    return held | _copies(kind, {key: old[key] for key in keys - held.keys()})


def _copies(kind: Kind, said: ById) -> dict[UUID, OfTitle]:
    """Those that a merge brought to the title, and that say so still."""
    titles = {values[1] for values in said.values()}
    copied = rows_copied(kind.model, titles) if titles else set()
    if not copied:
        return {}
    found = {(row.content_id, _telling(kind, row)): row for row in _rows_by_id(kind, titles, copied)}
    named = {key: found.pop((values[1], _said(kind, values)), None) for key, values in said.items()}
    return {key: row for key, row in named.items() if row is not None}


def _rows_by_id(kind: Kind, titles: Collection[UUID], keys: Collection[UUID]) -> list[OfTitle]:
    rows = kind.model._base_manager.using(CATALOG).order_by()
    return list(rows.filter(content_id__in=titles, pk__in=keys))


def _telling(kind: Kind, row: OfTitle) -> Values:
    """What a row says, without what may differ though nobody corrected it."""
    return tuple(_hashable(getattr(row, name)) for name in kind.telling)


def _said(kind: Kind, values: Values) -> Values:
    return tuple(_hashable(values[position]) for position in kind.telling.values())


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _reason(row: OfTitle, why: str) -> str:
    return f"{row._meta.verbose_name} {row}: {why}"


def _made(kind: Kind, values: Values) -> OfTitle:
    return kind.model(**dict(zip(kind.columns, values, strict=True)))


def _lacking(kind: Kind, wanted: list[OfTitle]) -> list[OfTitle]:
    """Those whose title has no row that says the same."""
    if not wanted:
        return []
    rows = kind.model._base_manager.using(CATALOG).order_by()
    rows = rows.filter(content_id__in={row.content_id for row in wanted})
    there = {tuple(map(_hashable, values)) for values in rows.values_list("content_id", *kind.telling)}
    lacking: list[OfTitle] = []
    for row in wanted:
        said = (row.content_id, *_telling(kind, row))
        if said not in there:
            there.add(said)
            lacking.append(row)
    return lacking


def _set_differences(kind: Kind, held: OfTitle, old: Values, new: Values) -> None:
    for column, before, now in list(zip(kind.columns, old, new, strict=True))[2:]:
        if before != now and getattr(held, column) == before:
            setattr(held, column, now)


def _without_used_seasons(kind: Kind, gone: dict[UUID, OfTitle]) -> dict[UUID, OfTitle]:
    """A season stays while somebody's episodes are in it."""
    if kind is not SEASONS or not gone:
        return gone
    titles = {row.content_id for row in gone.values()}
    episodes = Episode.objects.using(CATALOG).filter(content_id__in=titles).order_by()
    used = {season_id(*place) for place in episodes.values_list("content_id", "season_number").distinct()}
    return {key: row for key, row in gone.items() if key not in used}


def _delete(kind: Kind, rows: Rows, keys: Collection[UUID]) -> None:
    """No key of the database leads to these rows, so there is no cascade to collect."""
    if keys:
        found = kind.model._base_manager.using(CATALOG).filter(content_id__in=rows, pk__in=keys)
        found._raw_delete(CATALOG)


def _insert(kind: Kind, rows: Rows, wanted: list[OfTitle]) -> list[OfTitle]:
    """Those that something else keeps out."""
    if not wanted:
        return []
    if kind is ARTWORK:
        _yield_to_primaries(wanted, rows)
    manager = kind.model._base_manager.using(CATALOG)
    manager.bulk_create(wanted, batch_size=AT_ONCE, ignore_conflicts=True)
    if kind in SAME_IN_ITS_PLACE:
        return []
    keys = [row.pk for row in wanted]
    there = set(manager.filter(content_id__in=rows, pk__in=keys).order_by().values_list("pk", flat=True))
    return [row for row in wanted if row.pk not in there]


def _yield_to_primaries(wanted: Iterable[Any], rows: Rows) -> None:
    primaries = Artwork.objects.using(CATALOG).filter(content_id__in=rows, is_primary=True).order_by()
    taken = set(primaries.values_list("content_id", "kind", "language"))
    for row in wanted:
        row.is_primary = row.is_primary and (row.content_id, row.kind, row.language) not in taken
