"""What passes between a format and the pipeline: rows, notes on rows, and the format's own contract.

A row carries the source's record twice over: `record`, plain JSON that is kept whole with the title, and what
`Format.title_of` makes of it. `title_of` must read every record that an earlier release stored, because the
pipeline compares what a source says now with what it said then.

The types of a title's parts are named as the catalog's models are, and have their fields. A format fills what its
source knows and leaves the rest empty: what is empty, the source does not speak of. Texts fit the columns' widths;
a format that cannot make them fit rejects the row.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson

Record = dict[str, Any]
S_contra = TypeVar("S_contra", contravariant=True)  # what a format reads


class Rejected(ValueError):
    """The row cannot become a title; the message is the reason."""


class Credit(NamedTuple):
    """One name on a title, in billing order. `credited_as` is the name as printed, where it differs.

    `person` is the source's own key of the person, as in `imdb:nm0000001`. Without one the exact name is the person.
    """

    job: str
    name: str
    department: str = ""
    character: str = ""
    credited_as: str = ""
    person: str = ""


class Person(NamedTuple):
    """What a source knows of somebody beyond the name, for who is not in the catalog yet."""

    role: str = ""
    date_of_birth: date | None = None
    date_of_death: date | None = None


class Season(NamedTuple):
    number: int
    title: str = ""
    summary: str = ""


class Episode(NamedTuple):
    """`key` is the source's own id of the episode; without one its place is what it is known by."""

    season_number: int
    number: int
    title: str = ""
    summary: str = ""
    air_date: date | None = None
    runtime_minutes: int | None = None
    kind: str = "standard"
    production_code: str = ""
    absolute_number: int | None = None
    key: str = ""


class Translation(NamedTuple):
    language: str
    title: str = ""
    sort_title: str = ""
    tagline: str = ""
    summary_190: str = ""
    summary_400: str = ""
    summary_4000: str = ""


class AlternativeTitle(NamedTuple):
    title: str
    country: str = ""
    language: str = ""
    kind: str = "aka"


class Artwork(NamedTuple):
    """`is_primary` gives way to a primary of the same kind and language that is there already."""

    kind: str
    url: str
    language: str = ""
    width: int | None = None
    height: int | None = None
    is_primary: bool = False


class Video(NamedTuple):
    kind: str
    url: str
    title: str = ""
    language: str = ""
    duration_seconds: int | None = None


class MaturityRating(NamedTuple):
    """Systems are spelled as `catalog.models.MaturityLevel` has them."""

    system: str
    value: str
    country: str = ""
    descriptors: tuple[str, ...] = ()


class Window(NamedTuple):
    """`ends_at` is the first moment after the window; None on either side is without end."""

    territory: str
    licence: str = "svod"
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class ExternalId(NamedTuple):
    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Title:
    """What a source says of a title, in the catalog's terms.

    `external_ids` come in the order of trust: the first that a title has already makes this that title.
    """

    title: str
    content_type: str
    summary: str = ""
    release_date: date | None = None
    duration_minutes: int | None = None
    published_at: datetime | None = None
    status: str = (
        "published"  # of a new title, which is a draft without `published_at`; then it is the editors'
    )
    original_title: str = ""
    sort_title: str = ""
    tagline: str = ""
    original_language: str = ""
    countries: tuple[str, ...] = ()
    rating: Decimal | None = None  # 0–10, one decimal
    rating_count: int = 0
    thumbnail_url: str = ""
    trailer_url: str = ""
    genres: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()
    seasons: tuple[Season, ...] = ()  # those of `episodes` need not be named
    episodes: tuple[Episode, ...] = ()
    translations: tuple[Translation, ...] = ()
    alternative_titles: tuple[AlternativeTitle, ...] = ()
    artwork: tuple[Artwork, ...] = ()
    videos: tuple[Video, ...] = ()
    maturity_ratings: tuple[MaturityRating, ...] = ()
    windows: tuple[Window, ...] = ()
    external_ids: tuple[ExternalId, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)  # by `Credit.person`; need not be complete


@dataclass(frozen=True, slots=True)
class Note:
    """What the report says of one row: it was rejected or mended, and why. `file` where a source has several."""

    line: int
    key: str
    outcome: str
    reason: str
    title: str
    file: str = ""


def rejection(*, line: int, reason: str, key: str = "", title: str = "", file: str = "") -> Note:
    return Note(line=line, key=key, outcome="rejected", reason=reason, title=title, file=file)


def cut_off(*, line: int, key: str, file: str) -> Note:
    """A file ends before titles of which it had something, an earlier time."""
    reason = f"{file} ends at {key or 'its header'}: nothing of what is behind it was taken away"
    return Note(line=line, key=key, outcome="cut off", reason=reason, title="", file=file)


class Kept(NamedTuple):
    """Parts of a record as they are to be, and what the report is to say of that, once for all rows."""

    parts: Record
    notes: tuple[Note, ...] = ()


Keeps = Callable[[Record, Record], Kept]  # by the record now and that of the last import


class Grown(NamedTuple):
    """The row of a record that grew, None where there was none and is none, and what was rejected of its parts."""

    row: "Row | None"
    rejected: Sequence[Note] = ()


Grows = Callable[[Sequence["Row"], tuple[str, Record] | None], Grown]  # by key and record of the last import


@dataclass(frozen=True)
class Row:
    """One row that was understood. `key` is the source's own id, `size` the bytes it took in the file.

    `edition` is raised when a format makes more of the same record than before: rows of an older edition then
    count as changed, once. `must_exist` is for a source that knows too little to make a title: the row is rejected
    when none of its external ids is known. `known_as` are ids by which the title is found, before those that the row
    says it has: a source may name a title without having a say in what it is called. `keeps` is there when the source
    was not read whole, as when one of its files is missing: it has what of the last import's record speaks on.
    `grows` is there when records grow by what files add: the row is made of its `parts` once the title is held
    (`growing`), each of which has a record and names of its own.
    """

    line: int
    size: int
    key: str
    record: Record
    title: Title
    mended: str = ""
    edition: int = 1
    must_exist: bool = False
    known_as: tuple[ExternalId, ...] = ()
    keeps: Keeps | None = None
    parts: tuple["Row", ...] = ()
    grows: Grows | None = None

    @property
    def names(self) -> tuple[ExternalId, ...]:
        """What the title may be found by, in the order of trust."""
        return (*self.known_as, *self.title.external_ids)

    @cached_property
    def record_json(self) -> str:
        return json_of(self.record)

    @cached_property
    def digest(self) -> str:
        return digest_of(self.record_json, self.edition)


def json_of(record: Record) -> str:
    """With its keys in order: equal records have equal text."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS).decode()


def digest_of(record_json: str, edition: int) -> str:
    """By which an unchanged row is told."""
    marked = f"{edition}:{record_json}" if edition > 1 else record_json
    return hashlib.sha256(marked.encode()).hexdigest()


class Format(Protocol[S_contra]):
    """A source's format, which reads an `S` (`files.SourceFile` for one that is one file).

    `scheme` names it in `content_sources`; it is part of every imported title's id. `key_name` is what the source
    calls its own ids, for the report. `is_sorted` is true of a format that sees to it itself that no key comes twice.
    """

    scheme: str
    key_name: str
    is_sorted: bool

    def rows(self, source: S_contra, /) -> Iterator[Row | Note]:
        """The source's rows in order, in flat memory. Raises `files.Unreadable` and `files.BrokenOff`."""

    def title_of(self, record: Record) -> Title:
        """What a record that this format once stored says; names of people with a key may be missing."""
