"""The rows of a title's child tables, as a source says them: one table of what each kind is, for all who write them.

`KINDS` has an entry for each table; `rows_of` makes a title's rows of it. Within a title no two rows that come out
share what the table has unique: of two the first stays. Tuples are in the order of `Kind.columns`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any
from uuid import UUID

from catalog import models
from catalog.importing.identity import child_id, credit_id, episode_id, external_id_id, person_id, season_id
from catalog.importing.records import Title, Window
from catalog.windows import overlap

Values = tuple[Any, ...]
Children = dict["Kind", list[Values]]
MovedPeople = Mapping[UUID, UUID]  # who was merged into whom


@dataclass(frozen=True, eq=False)
class Kind:
    """A child table. `unique` are positions of columns that no two rows of one title share in all, `incidental` columns
    that may be otherwise than the source says though nobody corrected the row.
    """

    model: type[models.OfTitle]
    said_in: tuple[str, ...]  # the fields of `Title` that it is made from
    columns: tuple[str, ...]  # those of the row itself, `id` and `content_id` first
    rows: Callable[[UUID, Title, MovedPeople], Iterator[Values]]
    unique: tuple[int, ...] = field(default=())
    incidental: tuple[str, ...] = field(default=())

    @cached_property
    def telling(self) -> dict[str, int]:
        """The columns that say what the row is, with their positions."""
        left_out = (*OWN, *self.incidental)
        return {name: position for position, name in enumerate(self.columns) if name not in left_out}

    def picking(self, *names: str) -> Callable[[Values], Any]:
        """What takes these columns out of a row: a tuple in this order; of one column, its value."""
        return itemgetter(*map(self.columns.index, names))

    @property
    def table(self) -> str:
        return self.model._meta.db_table


NOBODY: MovedPeople = {}


def rows_of(kind: Kind, content: UUID, title: Title, moved: MovedPeople = NOBODY) -> dict[UUID, Values]:
    """By id, in the source's order."""
    rows: dict[UUID, Values] = {}
    if not any(getattr(title, name) for name in kind.said_in):
        return rows
    taken = set()
    for row in kind.rows(content, title, moved):
        if kind.unique:
            place = tuple(row[position] for position in kind.unique)
            if place in taken:
                continue
            taken.add(place)
        rows.setdefault(row[0], row)
    return rows


def children_of(content: UUID, title: Title, moved: MovedPeople) -> Children:
    """Of every kind that the title has rows of."""
    made = {kind: rows_of(kind, content, title, moved) for kind in KINDS}
    return {kind: list(rows.values()) for kind, rows in made.items() if rows}


def _credits(content: UUID, title: Title, moved: MovedPeople) -> Iterator[Values]:
    """Of one person in one job one row, and one more for each further character."""
    first: dict[UUID, str] = {}
    twice = _parts_led_twice(title, moved) if moved else ()
    for order, credit in enumerate(title.credits):
        if order in twice:
            continue
        person, key = person_id(credit.name, credit.person), credit_id(content, credit)
        if first.setdefault(key, credit.character) != credit.character:
            key = child_id(content, "character", str(key), credit.character)
        yield (
            key,
            content,
            moved.get(person, person),
            credit.department,
            credit.job,
            credit.character,
            credit.credited_as,
            order,
        )


def _parts_led_twice(title: Title, moved: MovedPeople) -> set[int]:
    """The places of parts of who was merged into somebody with that part: as of a merge, which leaves theirs alone."""
    said = [(person_id(credit.name, credit.person), credit.job, credit.character) for credit in title.credits]
    has = {part for part in said if part[0] not in moved}
    twice = set()
    for place, (person, job, character) in enumerate(said):
        if person in moved:
            led = moved[person], job, character
            if led in has:
                twice.add(place)
            has.add(led)
    return twice


def _seasons(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    for season in title.seasons:
        yield season_id(content, season.number), content, season.number, season.title, season.summary
    for number in sorted({episode.season_number for episode in title.episodes}):
        yield season_id(content, number), content, number, "", ""


def _episodes(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    for episode in title.episodes:
        yield (episode_id(content, episode), content, *episode[:-1])


def _translations(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    for said in title.translations:
        yield (child_id(content, "translation", said.language), content, *said)


def _alternative_titles(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    for said in title.alternative_titles:
        yield (child_id(content, "alternative", *said), content, *said)


def _artwork(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    primaries = set()
    for said in title.artwork:
        first = said.is_primary and (said.kind, said.language) not in primaries
        if first:
            primaries.add((said.kind, said.language))
        yield (child_id(content, "artwork", said.kind, said.language, said.url), content, *said[:-1], first)


def _videos(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    for position, said in enumerate(title.videos):
        yield (child_id(content, "video", said.kind, said.url), content, *said, position)


def _maturity_ratings(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    for said in title.maturity_ratings:
        key = child_id(content, "maturity", said.system, said.country)
        yield key, content, said.system, said.value, said.country, list(said.descriptors)


def _windows(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    """Of two that overlap the table takes one."""
    kept: list[Window] = []
    for said in title.windows:
        if not any(_meet(said, other) for other in kept):
            kept.append(said)
            yield (child_id(content, "window", *map(str, said)), content, *said)


def _meet(one: Window, other: Window) -> bool:
    return (one.territory, one.licence) == (other.territory, other.licence) and overlap(one, other)


def _external_ids(content: UUID, title: Title, _: MovedPeople) -> Iterator[Values]:
    for said in title.external_ids:
        yield (external_id_id(content, said), content, *said)


OWN = ("id", "content_id")
CREDITS = Kind(
    models.Credit,
    ("credits",),
    (
        *OWN,
        *("person_id", "department", "job", "character_name", "credited_as", "billing_order"),
    ),
    _credits,
    incidental=("credited_as", "billing_order"),  # a merge of people keeps the name that they had here
)
SEASONS = Kind(models.Season, ("seasons", "episodes"), (*OWN, "number", "title", "summary"), _seasons, (2,))
EPISODES = Kind(
    models.Episode,
    ("episodes",),
    (
        *OWN,
        *("season_number", "number", "title", "summary", "air_date", "runtime_minutes", "kind"),
        *("production_code", "absolute_number"),
    ),
    _episodes,
    (2, 3),
)
TRANSLATIONS = Kind(
    models.Translation,
    ("translations",),
    (
        *OWN,
        *("language", "title", "sort_title", "tagline", "summary_190", "summary_400", "summary_4000"),
    ),
    _translations,
    (2,),
)
ALTERNATIVE_TITLES = Kind(
    models.AlternativeTitle,
    ("alternative_titles",),
    (*OWN, "title", "country", "language", "kind"),
    _alternative_titles,
)
ARTWORK = Kind(
    models.Artwork,
    ("artwork",),
    (*OWN, "kind", "url", "language", "width", "height", "is_primary"),
    _artwork,
    incidental=("is_primary",),
)
VIDEOS = Kind(
    models.Video,
    ("videos",),
    (*OWN, "kind", "url", "title", "language", "duration_seconds", "position"),
    _videos,
    incidental=("position",),
)
MATURITY_RATINGS = Kind(
    models.MaturityRating,
    ("maturity_ratings",),
    (*OWN, "system", "value", "country", "descriptors"),
    _maturity_ratings,
    (2, 4),
)
WINDOWS = Kind(
    models.AvailabilityWindow, ("windows",), (*OWN, "territory", "licence", "starts_at", "ends_at"), _windows
)
EXTERNAL_IDS = Kind(models.ExternalId, ("external_ids",), (*OWN, "scheme", "value"), _external_ids, (2, 3))
# Episodes before seasons: a season that has episodes left is not taken away.
KINDS = (
    *(CREDITS, EPISODES, SEASONS, TRANSLATIONS, ALTERNATIVE_TITLES, ARTWORK, VIDEOS),
    *(MATURITY_RATINGS, WINDOWS, EXTERNAL_IDS),
)
