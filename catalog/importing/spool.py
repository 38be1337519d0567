"""What belongs together but does not stand together in a file, kept on disk until the file is read.

Memory stays flat however much is kept. Entry points: `spooled`, `Spool`, `left_out`, `chunks`; `opened_to_spool`.
Failure: `files.ImportFailed` where temporary files cannot be written.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson

from catalog.importing.files import SourceFile, opened
from catalog.importing.private import private_store
from catalog.importing.records import Note, Record, rejection

Item = TypeVar("Item")

TABLES = (
    "CREATE TABLE kept (key TEXT PRIMARY KEY, team TEXT, kind TEXT, parent TEXT, line INTEGER, size INTEGER,"
    " record BLOB, mended TEXT)",
    "CREATE TABLE moved (team TEXT PRIMARY KEY, name TEXT)",
)
MOST_TEAM_BYTES = 1 << 23  # in a file; a team is in memory whole
MOST_TEAMS, MOST_BYTES = 50, 1 << 20  # of those that are in memory together

ADD = "INSERT OR IGNORE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
FOLLOW = """
UPDATE kept SET team = leader.team FROM kept AS leader
 WHERE kept.kind = ? AND leader.key = kept.parent AND leader.kind = ?
"""
HEADS = """
SELECT teams.team, key, kept.team, kind, parent, line, size, record, mended
  FROM (SELECT DISTINCT team FROM kept) AS teams LEFT JOIN kept ON kept.key = teams.team
 ORDER BY teams.team
"""
TEAMS = """
SELECT key, name, kind, parent, line, size, record, mended
  FROM (SELECT kept.*, COALESCE(moved.name, kept.team) AS name FROM kept LEFT JOIN moved USING (team))
 ORDER BY MIN(line) OVER (PARTITION BY name), name, line
"""


class SpooledRecord(NamedTuple):
    """One record of a file. `team` is what it goes together by, `mended` what was mended in it."""

    key: str
    team: str
    kind: str
    parent: str
    line: int
    size: int
    record: Record
    mended: str = ""


class Team(NamedTuple):
    """The records of a team in the order of their lines; those beyond `MOST_TEAM_BYTES` without their content."""

    name: str
    records: list[SpooledRecord]
    left_out: list[SpooledRecord]


class SpooledFile:
    """A file of which some is given on only when it is read to its end. Its bytes count once when they are read, and
    once more when they are given on; `waiting` are those in between, of the document as it is without compression.
    """

    def __init__(self, file: SourceFile) -> None:
        self.waiting = 0
        self._file = file
        self._read = 0

    def block(self, limit: int) -> bytes:
        """As `SourceFile.block`."""
        block = self._file.block(limit)
        self._read += len(block)
        return block

    @property
    def size(self) -> int:
        return 2 * self._file.size

    @property
    def position(self) -> int:
        read = self._file.position
        return 2 * read - (read * self.waiting // self._read if self.waiting else 0)

    @property
    def paths(self) -> Sequence[Path]:
        return self._file.paths


@contextmanager
def opened_to_spool(path: Path) -> Iterator[SpooledFile]:
    """As `files.opened`."""
    with opened(path) as file:
        yield SpooledFile(file)


@contextmanager
def spooled(source: SpooledFile) -> Iterator["Spool"]:
    """A spool for records of `source`."""
    with private_store(*TABLES) as store:
        yield Spool(store, source)


class Spool:
    """Records by key, in teams."""

    def __init__(self, store: sqlite3.Connection, source: SpooledFile) -> None:
        self._store, self._source = store, source

    def add(self, kept: SpooledRecord) -> int:
        """Keeps a record whose key is new. The line that has its key: the record's own then."""
        *columns, record, mended = kept
        if self._store.execute(ADD, (*columns, orjson.dumps(record), mended)).rowcount:
            self._source.waiting += kept.size
            return kept.line
        (first,) = self._store.execute("SELECT line FROM kept WHERE key = ?", (kept.key,)).fetchone()
        return int(first)

    def follow(self, kind: str, leaders: str) -> None:
        """Records of `kind` whose parent is a record of the kind `leaders` go over to that one's team."""
        self._store.execute(FOLLOW, (kind, leaders))

    def heads(self) -> Iterator[tuple[str, SpooledRecord | None]]:
        """Each team with the record that it is called after, if that is here."""
        for team, *row in self._store.execute(HEADS):
            yield team, _kept(row) if row[0] is not None else None

    def move(self, names: Mapping[str, str]) -> None:
        """Gives teams another name; those that get the same one become one."""
        self._store.executemany("INSERT INTO moved VALUES (?, ?)", names.items())

    def teams(self) -> Iterator[list[Team]]:
        """As many at a time as memory is meant for; the team that begins first in the file is first."""
        some: list[Team] = []
        size = 0
        for name, rows in groupby(self._store.execute(TEAMS), key=itemgetter(1)):
            some.append(_team(name, rows))
            size += sum(kept.size for kept in some[-1].records)
            if len(some) == MOST_TEAMS or size >= MOST_BYTES:
                yield self._given_on(some)
                some, size = [], 0
        if some:
            yield self._given_on(some)

    def _given_on(self, teams: list[Team]) -> list[Team]:
        self._source.waiting -= sum(kept.size for team in teams for kept in (*team.records, *team.left_out))
        return teams


def _team(name: str, rows: Iterable[Sequence[Any]]) -> Team:
    team = Team(name, [], [])
    size = 0
    for row in rows:
        size += row[5]
        if size <= MOST_TEAM_BYTES or not team.records:
            team.records.append(_kept(row))
        else:
            key, _, kind, parent, line, kept_bytes = row[:6]
            team.left_out.append(SpooledRecord(key, name, kind, parent, line, kept_bytes, {}))
    return team


def _kept(row: Iterable[Any]) -> SpooledRecord:
    key, team, kind, parent, line, size, record, mended = row
    return SpooledRecord(key, team, kind, parent, line, size, orjson.loads(record), mended)


def left_out(kept: SpooledRecord) -> Note:
    """What the report says of a record that its team had no room for."""
    return rejection(
        line=kept.line, key=kept.key, reason=f"its title has more than {MOST_TEAM_BYTES:,} bytes in this file"
    )


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`, the last one shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
