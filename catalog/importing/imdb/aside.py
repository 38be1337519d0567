"""What must be had by another order than its file's: episodes by their series, names by whoever is credited.

Both go into a private SQLite file before the first title is read, so memory stays flat; it is done again when an
import is run again. A file that ends early is refused here, before anything is written.
Entry points: `episodes_by_series`, `Names`. Failure: `files.Unreadable`, `files.ImportFailed`.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import orjson

from catalog.importing.files import BrokenOff, Unreadable
from catalog.importing.imdb.dump import AGAIN, BASICS, EPISODES, NAMES, PERSON_IDS, Dump
from catalog.importing.private import private_store
from catalog.importing.records import Note, rejection
from catalog.importing.tabular import Read, Table, rows

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
    """Everybody of `name.basics`."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

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
        if dump.has(NAMES):
            people = (
                (int(nconst[2:]), *said)
                for _, _, (nconst, *said, _) in _read(dump, NAMES.name, NAMES, note)
                if nconst and said[0]
            )
            _fill(store, "INSERT INTO names VALUES (?, ?, ?, ?, ?)", people)
        yield Names(store)


@contextmanager
def episodes_by_series(
    dump: Dump, note: Callable[[Note], None], passed_over: Counter[str]
) -> Iterator[Iterator[Read]]:
    """Line, bytes, and of each episode its series, id, season, number, title, year and runtime; by series and place."""
    with private_store(EPISODE_TABLE) as store:
        if dump.has(EPISODES):
            found = _episodes(dump, note, passed_over)
            _fill(store, "INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", found)
        yield ((line, size, cells) for line, size, *cells in store.execute(IN_ORDER))


def _episodes(
    dump: Dump, note: Callable[[Note], None], passed_over: Counter[str]
) -> Iterator[tuple[object, ...]]:
    """Both files are sorted by the episode: they are read side by side."""
    titles = _read(dump, AGAIN, BASICS, _silently)
    said = next(titles, None)
    for line, size, (episode, series, season, number) in _read(dump, EPISODES.name, EPISODES, note):
        while said is not None and str(said[2][0]) < str(episode):
            said = next(titles, None)
        if said is None or said[2][0] != episode or said[2][1] != EPISODE_TYPE or not series:
            passed_over["episodes without a title or a series"] += 1
        elif season is None or number is None:
            passed_over["episodes without a number"] += 1
        elif not (NUMBER.fullmatch(season) and NUMBER.fullmatch(number)):
            reason = f"season {season[:20]!r}, episode {number[:20]!r} are no numbers"
            note(rejection(line=line, reason=reason, key=str(episode), file=dump.file_name(EPISODES)))
        else:
            title, year, runtime = said[2][2], said[2][5], said[2][7]
            yield line, size, series, episode, season, number, title, year, runtime


def _silently(note: Note) -> None:
    """What is wrong in `title.basics` is noted when it is read for its titles."""


def _read(dump: Dump, file: str, table: Table, note: Callable[[Note], None]) -> Iterator[Read]:
    try:
        yield from rows(dump.files[file], table, note)
    except BrokenOff as error:
        raise Unreadable(
            f"{table.name} could not be read to its end: {error}. Get the whole file and run this again."
        ) from error


def _fill(store: sqlite3.Connection, statement: str, found: Iterable[Any]) -> None:
    iterator = iter(found)
    while some := list(islice(iterator, AT_ONCE)):
        store.executemany(statement, some)
