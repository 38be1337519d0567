"""What passes between a format and the pipeline: rows, notes on rows, and the format's own contract.

A row carries the source's record twice over: `record`, plain JSON that is kept whole with the title, and what
`Format.title_of` makes of it. `title_of` must read every record that an earlier release stored, because the
pipeline compares what a source says now with what it said then.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import orjson

from catalog.importing.files import SourceFile

Record = dict[str, Any]


class Part(NamedTuple):
    """One name on a title, as printed, in billing order."""

    job: str
    name: str


@dataclass(frozen=True, slots=True)
class Title:
    """What a source says of a title, in the catalog's terms."""

    title: str
    content_type: str
    summary: str
    release_date: date | None
    duration_minutes: int | None
    published_at: datetime
    seasons: int
    genres: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Row:
    """One row that was understood. `key` is the source's own id, `size` the bytes it took in the file."""

    line: int
    size: int
    key: str
    record: Record
    title: Title
    mended: str = ""

    @cached_property
    def record_json(self) -> str:
        """The record with its keys in order: equal records have equal text."""
        return orjson.dumps(self.record, option=orjson.OPT_SORT_KEYS).decode()

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.record_json.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Note:
    """What the report says of one row: it was rejected or mended, and why."""

    line: int
    key: str
    outcome: str
    reason: str
    title: str


def rejection(*, line: int, reason: str, key: str = "", title: str = "") -> Note:
    return Note(line=line, key=key, outcome="rejected", reason=reason, title=title)


class Format(Protocol):
    """A source's format. `scheme` names it in `content_sources`; it is part of every imported title's id."""

    scheme: str

    def rows(self, file: SourceFile) -> Iterator[Row | Note]:
        """The file's rows in order, in flat memory. Raises `files.Unreadable` and `files.BrokenOff`."""

    def title_of(self, record: Record) -> Title:
        """What a record that this format once stored says."""
