"""Everything that the dumps say of one title, brought together title by title.

The files are sorted by the title's id, so they are read side by side; what is not comes from `aside`. A title is
given out only when every file has been read past it: where one breaks off, no title is taken for less than it is. A
file that ended before a title, and does not prove that it is whole, says nothing of it (`keeping`).
Entry point: `Imdb`, the format. Failure: `files.Unreadable`, `files.BrokenOff`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple

from catalog.importing.files import BrokenOff
from catalog.importing.imdb import reading
from catalog.importing.imdb.aside import EPISODE_TYPE, Episodes, Name, Names, episodes_by_series, names_held
from catalog.importing.imdb.dump import AKAS, BASICS, CREW, EPISODES, NAMES, PRINCIPALS, RATINGS, Dump
from catalog.importing.imdb.keeping import Unsaid, without_unknown
from catalog.importing.imdb.tally import ADULT, GAMES, Tally
from catalog.importing.records import Note, Record, Rejected, Row, Title, cut_off, rejection
from catalog.importing.tabular import Cells, Read, Table, rows

GAME = "videoGame"
NAMED_AT_ONCE = 500
NAMED_BYTES = 1 << 20
MOST_OF_ONE_TITLE = 5000  # rows of a file: more are a fault of the file, and memory stays flat
MOST_EPISODES = 50_000


Say = Callable[[Note], None]


class _Joined(NamedTuple):
    line: int
    size: int
    record: Record
    mended: str
    people: dict[str, tuple[str, int]]  # whom it credits, in which file and line
    ended: dict[str, Note]  # which files ended before it


class Imdb:
    """The format, for the pipeline. `tally` is what became of the rows that were read."""

    scheme = "imdb"
    key_name = "tconst"
    is_sorted = True

    def __init__(self, *, with_adult: bool = False) -> None:
        self._with_adult = with_adult
        self.tally = Tally()

    def rows(self, dump: Dump, /) -> Iterator[Row | Note]:
        """See `records.Format`."""
        notes: deque[Note] = deque()
        note = self.tally.noting(notes.append)
        with ExitStack() as stack:
            names = stack.enter_context(names_held(dump, note))
            episodes = stack.enter_context(episodes_by_series(dump, note, self.tally.passed_over))
            joining = _Joining(dump, episodes, note, self.tally)
            unsaid = Unsaid(missing=_missing(dump), names_end=names.end, episodes_end=episodes.end)
            for some in _chunks(joining.titles(self._is_title)):
                yield from _taken(notes)
                yield from _named(some, names, note, unsaid)
            yield from _taken(notes)
            if dump.has(EPISODES):
                joining.count_episodes(episodes.number)

    def title_of(self, record: Record) -> Title:
        """See `records.Format`."""
        return reading.title_of(record, {})

    def _is_title(self, cells: Cells) -> bool:
        kind, is_adult = cells[1], cells[4]
        if kind == EPISODE_TYPE:
            self.tally.episodes += 1
        elif kind == GAME:
            self.tally.passed_over[GAMES] += 1
        elif is_adult == "1" and not self._with_adult:
            self.tally.passed_over[ADULT] += 1
        else:
            return True
        return False


class _Followed:
    """A file that is read along with the titles: what it has of each, in their order."""

    def __init__(self, dump: Dump, table: Table, found: Iterable[Read], most: int, note: Say) -> None:
        self._found = iter(found)
        self._next = next(self._found, None)
        self._last = self._next
        self._file = dump.files.get(table.name)
        self.name = dump.file_name(table) if self._file else table.name
        self._most, self._note = most, note
        self.asked_for = 0  # rows of the titles that were asked for

    def of(self, key: str) -> list[Read]:
        """Titles are to be asked for in their order; those between are passed over."""
        read = self._next
        found: list[Read] = []
        while read is not None and str(read[2][0]) < key:
            self._last = read
            read = next(self._found, None)
        count = 0
        while read is not None and read[2][0] == key:
            count += 1
            if count <= self._most:
                found.append(read)
            elif count == self._most + 1:
                self._leave_out(read, key)
            self._last = read
            read = next(self._found, None)
        self.asked_for += count
        self._next = read
        return found

    def end_before(self, key: str) -> Note | None:
        """To be asked after `of`: the end of the file, where that was before this title and may not be its own."""
        if self._file is None or self._next is not None or self._file.is_whole:
            return None
        line, _, cells = self._last or (1, 0, [""])
        last = str(cells[0])
        return cut_off(line=line, key=last, file=self.name) if last < key else None

    def _leave_out(self, read: Read, key: str) -> None:
        reason = f"from here on left out: more than {self._most:,} rows of one title"
        self._note(rejection(line=read[0], reason=reason, key=key, file=self.name))


class _Joining:
    """`title.basics` with what follows it."""

    def __init__(self, dump: Dump, episodes: Episodes, note: Say, tally: Tally) -> None:
        self._basics = _read(dump, BASICS, note)
        self._note = note
        self._tally, self._placed_number = tally, 0
        self._rejected_before = tally.rejected[EPISODES.name]
        self._akas, self._principals, self._crew, self._ratings = (
            _Followed(dump, table, _read(dump, table, note), MOST_OF_ONE_TITLE, note)
            for table in (AKAS, PRINCIPALS, CREW, RATINGS)
        )
        self._episodes = _Followed(dump, EPISODES, episodes.found, MOST_EPISODES, note)
        self._by_title = {
            "akas": self._akas,
            "principals": self._principals,
            "crew": self._crew,
            "ratings": self._ratings,
        }

    def titles(self, is_title: Callable[[Cells], bool]) -> Iterator[_Joined]:
        for line, size, cells in self._basics:
            if not is_title(cells):
                continue
            record: Record = dict(zip(BASICS.columns, cells, strict=True))
            try:
                mended = reading.checked(record)
            except Rejected as error:
                title = str(record["primaryTitle"])
                self._note(rejection(line=line, reason=str(error), key=record["tconst"], title=title))
                continue
            self._tally.titles += 1
            yield self._joined(line, size, record, mended)

    def count_episodes(self, number: int) -> None:
        """To be called at the end. What its series had no place for is rejected, row by row."""
        of_these = self._episodes.asked_for
        self._tally.placed, self._tally.of_others = self._placed_number, number - of_these
        self._tally.rejected[EPISODES.name] = self._rejected_before + of_these - self._placed_number

    def _joined(self, line: int, size: int, record: Record, mended: str) -> _Joined:
        key = record["tconst"]
        read = {
            "akas": self._sound(self._akas, key, reading.problem_of_aka),
            "principals": self._sound(self._principals, key, reading.problem_of_principal),
            "crew": self._crew.of(key),
            "ratings": self._sound(self._ratings, key, reading.problem_of_rating),
            "episode": self._placed(self._episodes.of(key)),
        }
        for name, found in read.items():
            size += sum(each[1] for each in found)
            if found:
                record[name] = [each[2][1:] for each in found]
        for name in ("crew", "ratings"):  # of which a title has one row
            if name in record:
                (record[name],) = record[name]
        ends = {name: followed.end_before(key) for name, followed in self._by_title.items()}
        ended = {name: end for name, end in ends.items() if end}
        return _Joined(line, size, record, mended, self._credited(read), ended)

    def _sound(self, followed: _Followed, key: str, problem_of: Callable[[Cells], str]) -> list[Read]:
        found = []
        for read in followed.of(key):
            if problem := problem_of(read[2][1:]):
                self._note(rejection(line=read[0], reason=problem, key=key, file=followed.name))
            else:
                found.append(read)
        return found

    def _placed(self, episodes: list[Read]) -> list[Read]:
        """Each place once; episodes come in the order of their places."""
        found: dict[tuple[int, int], Read] = {}
        for read in episodes:
            _, tconst, season, number, *_ = read[2]
            place = (int(season or 0), int(number or 0))
            if (other := found.setdefault(place, read)) is not read:
                reason = f"season {place[0]}, episode {place[1]} is {other[2][1]} already"
                self._note(rejection(line=read[0], reason=reason, key=str(tconst), file=self._episodes.name))
        self._placed_number += len(found)
        return list(found.values())

    def _credited(self, read: dict[str, list[Read]]) -> dict[str, tuple[str, int]]:
        people: dict[str, tuple[str, int]] = {}
        for line, _, cells in read["principals"]:
            people.setdefault(str(cells[2]), (self._principals.name, line))
        for line, _, cells in read["crew"]:
            for nconst in reading.listed(cells[1]) + reading.listed(cells[2]):
                people.setdefault(nconst, (self._crew.name, line))
        return people


def _read(dump: Dump, table: Table, note: Say) -> Iterator[Read]:
    """Nothing of a file that is missing."""
    if not dump.has(table):
        return
    try:
        yield from rows(dump.files[table.name], table, note)
    except BrokenOff as error:
        raise BrokenOff(f"{table.name}: {error}") from error


def _chunks(titles: Iterator[_Joined]) -> Iterator[list[_Joined]]:
    """Where the files break off, the titles before that first."""
    some: list[_Joined] = []
    size = 0
    try:
        for title in titles:
            some.append(title)
            size += title.size
            if len(some) >= NAMED_AT_ONCE or size >= NAMED_BYTES:
                yield some
                some, size = [], 0
    except BrokenOff:
        yield some
        raise
    yield some


def _named(some: list[_Joined], names: Names, note: Say, unsaid: Unsaid) -> Iterator[Row]:
    known = names.of({nconst for title in some for nconst in title.people})
    for title in some:
        keeps = _without_names(title, known, unsaid, note)
        people = {nconst: known[nconst] for nconst in title.people if nconst in known}
        yield Row(
            line=title.line,
            size=title.size,
            key=title.record["tconst"],
            record=title.record,
            title=reading.title_of(title.record, people),
            mended=title.mended,
            keeps=keeps or None,
        )


def _without_names(title: _Joined, known: dict[str, Name], unsaid: Unsaid, note: Say) -> Unsaid:
    """Takes from the record what cannot be said; what the last import's record has in place of it."""
    record = title.record
    for name in unsaid.missing:
        record.pop(name, None)
    credited: Record = {name: record[name] for name in ("principals", "crew") if name in record}
    unknown = frozenset(title.people.keys() - known.keys()) if credited else frozenset()
    for nconst in sorted(unknown):
        file, line = title.people[nconst]
        reason = f"{nconst[:50]!r} is nobody in {NAMES.name}"
        note(rejection(line=line, reason=reason, key=record["tconst"], file=file))
    if unknown:
        record |= without_unknown(credited, unknown)
    return replace(unsaid, ended=title.ended, credited=credited, unknown=unknown)


# What a record has of each file, and which files that takes: nobody is credited without a name.
NEEDED = {
    "akas": (AKAS,),
    "principals": (PRINCIPALS, NAMES),
    "crew": (CREW, NAMES),
    "ratings": (RATINGS,),
    "episode": (EPISODES,),
}


def _missing(dump: Dump) -> tuple[str, ...]:
    return tuple(name for name, tables in NEEDED.items() if not dump.has(*tables))


def _taken(notes: deque[Note]) -> Iterator[Note]:
    while notes:
        yield notes.popleft()
