"""What must be had by another order than its file's: episodes by their series, names by whoever is credited.

Both go into a private SQLite file before the first title is read, so memory stays flat; it is done again when an
import is run again. A file that breaks off is refused here, before anything is written; one that may have ended early,
at the end of a line, has its `end`, unless it proves that it is whole.
Entry points: `episodes_by_series`, `Names`. Failure: `files.Unreadable`, `files.ImportFailed`.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, NamedTuple

import orjson

from catalog.importing.files import BrokenOff, Unreadable
from catalog.importing.imdb.dump import AGAIN, BASICS, EPISODES, NAMES, PERSON_IDS, Dump
from catalog.importing.imdb.tally import UNKNOWN, UNNUMBERED
from catalog.importing.private import private_store
from catalog.importing.records import Note, cut_off, rejection
from catalog.importing.tabular import Cells, Read, Table, rows

EPISODE_TYPE = "tvEpisode"
AT_ONCE = 10_000
NUMBER = re.compile(r"[0-9]{1,9}")
EPISODE_TABLE = "CREATE TABLE episodes (line, size, series, tconst, season, number, title, year, runtime)"
NAME_TABLE = "CREATE TABLE names (id INTEGER PRIMARY KEY, name, born, died, professions)"
IN_ORDER = """
SELECT * FROM episodes ORDER BY series, CAST(season AS INTEGER), CAST(number AS INTEGER), tconst
"""
NAMED = """
SELECT names.id, name, born, died, professions FROM json_each(?) JOIN names ON names.id = json_each.value
"""


class Name(NamedTuple):
    name: str
    born: str | None
    died: str | None
    professions: str | None


class Names:
    """Everybody of `name.basics`; `end` is its last row, where it may be that there should be more."""

    def __init__(self, store: sqlite3.Connection, end: Note | None) -> None:
        self._store = store
        self.end = end

    def of(self, nconsts: Collection[str]) -> dict[str, Name]:
        """Those of these people whom the file has."""
        by_number = {int(nconst[2:]): nconst for nconst in nconsts if PERSON_IDS.fullmatch(nconst)}
        if not by_number:
            return {}
        found = self._store.execute(NAMED, [orjson.dumps(sorted(by_number)).decode()])
        return {by_number[number]: Name(*said) for number, *said in found}


@contextmanager
def names_held(dump: Dump, note: Callable[[Note], None]) -> Iterator[Names]:
    with private_store(NAME_TABLE) as store:
        end = None
        if dump.has(NAMES):
            people = _People(dump, note)
            _fill(store, "INSERT INTO names VALUES (?, ?, ?, ?, ?)", people)
            if not dump.files[NAMES.name].is_whole:
                end = cut_off(line=people.line, key=people.last, file=dump.file_name(NAMES))
        yield Names(store, end)


class _People:
    """Who has a name, and which row was the last."""

    def __init__(self, dump: Dump, note: Callable[[Note], None]) -> None:
        self._found = _read(dump, NAMES.name, NAMES, note)
        self.line, self.last = 1, ""

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        for line, _, (nconst, *said, _) in self._found:
            self.line, self.last = line, str(nconst)
            if said[0]:
                yield int(self.last[2:]), *said


class Episodes(NamedTuple):
    """Line, bytes, and of each episode its series, id, season, number, title, year and runtime; by series and place.

    There are `number`. `end` is the last row, where it may be that there should be more.
    """

    found: Iterator[Read]
    number: int
    end: Note | None


@contextmanager
def episodes_by_series(
    dump: Dump, note: Callable[[Note], None], passed_over: Counter[str]
) -> Iterator[Episodes]:
    with private_store(EPISODE_TABLE) as store:
        ends: list[Note] = []
        number = 0
        if dump.has(EPISODES):
            found = _episodes(dump, note, passed_over, ends)
            number = _fill(store, "INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", found)
        rows_in_order = ((line, size, cells) for line, size, *cells in store.execute(IN_ORDER))
        yield Episodes(rows_in_order, number, ends[0] if ends else None)


def _episodes(
    dump: Dump, note: Callable[[Note], None], passed_over: Counter[str], ends: list[Note]
) -> Iterator[tuple[object, ...]]:
    """Both files are sorted by the episode: they are read side by side. `ends` takes the end of what has less."""
    titles = _read(dump, AGAIN, BASICS, _silently)
    said = before = next(titles, None)
    line, episode = 1, None
    for line, size, (episode, series, season, number) in _read(dump, EPISODES.name, EPISODES, note):
        while said is not None and str(said[2][0]) < str(episode):
            before, said = said, next(titles, None)
        if said is None or said[2][0] != episode or said[2][1] != EPISODE_TYPE or not series:
            passed_over[UNKNOWN] += 1
        elif season is None or number is None:
            passed_over[UNNUMBERED] += 1
        elif not (NUMBER.fullmatch(season) and NUMBER.fullmatch(number)):
            reason = f"season {season[:20]!r}, episode {number[:20]!r} are no numbers"
            note(rejection(line=line, reason=reason, key=str(episode), file=dump.file_name(EPISODES)))
        else:
            title, year, runtime = said[2][2], said[2][5], said[2][7]
            yield line, size, series, episode, season, number, title, year, runtime
    if said is None and before is not None:
        if not dump.files[AGAIN].is_whole:
            ends.append(cut_off(line=before[0], key=str(before[2][0]), file=dump.file_name(BASICS)))
    elif not dump.files[EPISODES.name].is_whole:
        left = chain(filter(None, [said]), titles)
        if any(_is_behind(episode, cells) for _, _, cells in left):
            ends.append(cut_off(line=line, key=episode or "", file=dump.file_name(EPISODES)))


def _is_behind(last: str | None, cells: Cells) -> bool:
    return cells[1] == EPISODE_TYPE and str(cells[0]) > (last or "")


def _silently(note: Note) -> None:
    """What is wrong in `title.basics` is noted when it is read for its titles."""


def _read(dump: Dump, file: str, table: Table, note: Callable[[Note], None]) -> Iterator[Read]:
    try:
        yield from rows(dump.files[file], table, note)
    except BrokenOff as error:
        raise Unreadable(
            f"{table.name} could not be read to its end: {error}. Get the whole file and run this again."
        ) from error


def _fill(store: sqlite3.Connection, statement: str, found: Iterable[Any]) -> int:
    """How many there were."""
    iterator, number = iter(found), 0
    while some := list(islice(iterator, AT_ONCE)):
        store.executemany(statement, some)
        number += len(some)
    return number
