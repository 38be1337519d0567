"""The files of a dump: which there are, what their columns are, and all of them opened.

Entry point: `dump_opened`. Failure: `files.Unreadable`.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from catalog.importing.files import SourceFile, Unreadable, opened
from catalog.importing.tabular import Table

TITLE_IDS = re.compile(r"tt(?:[0-9]{7}|[1-9][0-9]{7,9})")
PERSON_IDS = re.compile(r"nm(?:[0-9]{7}|[1-9][0-9]{7,9})")

BASICS = Table(
    "title.basics",
    (
        *("tconst", "titleType", "primaryTitle", "originalTitle", "isAdult", "startYear", "endYear"),
        *("runtimeMinutes", "genres"),
    ),
    TITLE_IDS,
)
AKAS = Table(
    "title.akas",
    (
        *("titleId", "ordering", "title", "region", "language", "types", "attributes"),
        "isOriginalTitle",
    ),
    TITLE_IDS,
    id_repeats=True,
)
CREW = Table("title.crew", ("tconst", "directors", "writers"), TITLE_IDS)
PRINCIPALS = Table(
    "title.principals",
    ("tconst", "ordering", "nconst", "category", "job", "characters"),
    TITLE_IDS,
    id_repeats=True,
)
EPISODES = Table("title.episode", ("tconst", "parentTconst", "seasonNumber", "episodeNumber"), TITLE_IDS)
RATINGS = Table("title.ratings", ("tconst", "averageRating", "numVotes"), TITLE_IDS)
NAMES = Table(
    "name.basics",
    ("nconst", "primaryName", "birthYear", "deathYear", "primaryProfession", "knownForTitles"),
    PERSON_IDS,
)
TABLES = (BASICS, AKAS, CREW, PRINCIPALS, EPISODES, RATINGS, NAMES)
AGAIN = "title.basics again"  # it is read twice: for the episodes, then for all else


class Dump:
    """The opened files by the names of their tables. `size` and `position` count the bytes of them all."""

    def __init__(self, files: dict[str, SourceFile]) -> None:
        self.files = files

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())

    @property
    def position(self) -> int:
        return sum(file.position for file in self.files.values())

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(path for file in self.files.values() for path in file.paths)

    def file_name(self, table: Table) -> str:
        return self.files[table.name].paths[0].name

    def has(self, *tables: Table) -> bool:
        return all(table.name in self.files for table in tables)


@contextmanager
def dump_opened(folder: Path) -> Iterator[Dump]:
    """The dump in `folder`: `title.basics` must be there, each other file may be missing; each plain or gzip."""
    if not folder.is_dir():
        raise Unreadable(f"{folder} is no folder.")
    paths = {table.name: path for table in TABLES if (path := _path(folder, table))}
    if BASICS.name not in paths:
        raise Unreadable(f"{folder} has no {BASICS.name}.tsv and no {BASICS.name}.tsv.gz.")
    if EPISODES.name in paths:
        paths[AGAIN] = paths[BASICS.name]
    with ExitStack() as stack:
        yield Dump({name: stack.enter_context(opened(path)) for name, path in paths.items()})


def _path(folder: Path, table: Table) -> Path | None:
    found = [path for ending in (".tsv", ".tsv.gz") if (path := folder / f"{table.name}{ending}").exists()]
    if len(found) > 1:
        raise Unreadable(f"{folder} has {table.name} twice, plain and gzip: take one away.")
    return found[0] if found else None
