"""`manage.py import_imdb` against psql's `\\copy` of the very same rows; prints Markdown.

    python -m dev --instance bench exec -- python -m bench.imdb [--titles N] [--runs N] [--seed N]

Run it on durable stores (without `--fast`) that hold no titles and have the schema (`manage.py setup_stores`). Each run
imports a generated dump of `--titles` rows of title.basics into the empty catalog, dumps every row that was written,
empties the tables and loads the dump with psql, tables in the order of their foreign keys, indexes and keys in
place, a checkpoint before each side. Timed are the whole command (start, both passes over the files, counting at
the end) and, of psql, the loading alone. Memory is the kernel's peak of the command. Ends with one sentence and
code 1 where the catalog holds titles or an import fails.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.imdb_files import write_dump
from bench.machine import provenance
from bench.seeding import psql

ROOT = Path(__file__).resolve().parent.parent
# In the order of their foreign keys.
TABLES = (
    *(
        "genres",
        "cast_crew",
        "content_metadata",
        "content_sources",
        "content_cast_crew",
        "episodes",
        "seasons",
    ),
    *("alternative_titles", "external_ids", "content_genres", "external_id_claims", "search_documents"),
    *("content_changes", "search_words"),
)


class Run(NamedTuple):
    rows: int
    imported: float
    copied: float
    peak_megabytes: float


def main() -> int:
    options = _options()
    if (titles := int(_said("SELECT count(*) FROM content_metadata"))) > 0:
        print(f"bench.imdb: the catalog holds {titles:,} titles: use an instance of its own", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "dump"
        dump.mkdir()
        write_dump(dump, titles=options.titles, seed=options.seed)
        size = sum(file.stat().st_size for file in dump.iterdir()) / 1e6
        runs = [_run(dump, Path(folder)) for _ in range(options.runs)]
    print("\n".join(_markdown(options.titles, size, runs)))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.imdb", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--titles", type=int, default=200_000, metavar="N", help="rows of title.basics (200000)"
    )
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _run(dump: Path, folder: Path) -> Run:
    psql("CATALOG", "CHECKPOINT")
    imported, peak = _imported(dump)
    rows = sum(_dumped(folder / table, table) for table in TABLES)
    _empty()
    psql("CATALOG", "CHECKPOINT")
    copied = sum(_copied(folder / table, table) for table in TABLES)
    _empty()
    return Run(rows, imported, copied, peak)


def _imported(dump: Path) -> tuple[float, float]:
    started = time.perf_counter()
    command = [sys.executable, str(ROOT / "manage.py"), "import_imdb", str(dump)]
    # Under DEBUG, which local stores set, Django keeps the text of every statement.
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DEBUG": "false"})
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"bench.imdb: the import ended with code {child.returncode}")
    per_megabyte = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes here
    return seconds, usage.ru_maxrss / per_megabyte


def _columns(table: str) -> str:
    """Those that are no expression of others."""
    named = f"table_schema = 'public' AND table_name = '{table}'"
    listed = "string_agg(quote_ident(column_name), ',' ORDER BY ordinal_position)"
    query = f"SELECT {listed} FROM information_schema.columns WHERE {named} AND is_generated = 'NEVER'"  # noqa: S608
    return _said(query)


def _dumped(file: Path, table: str) -> int:
    query = f"SELECT {_columns(table)} FROM {table}"  # noqa: S608
    told = psql("CATALOG", f"\\copy ({query}) to '{file}'")
    return int(told.split()[1])


def _copied(file: Path, table: str) -> float:
    """Seconds of the load. What follows it keeps an autoanalyze that came too early from slowing the next table."""
    columns = _columns(table)
    started = time.perf_counter()
    psql("CATALOG", f"\\copy {table} ({columns}) from '{file}'")
    seconds = time.perf_counter() - started
    psql("CATALOG", f"ANALYZE {table}")
    return seconds


def _empty() -> None:
    psql("CATALOG", f"TRUNCATE {', '.join(TABLES)} CASCADE")


def _said(query: str) -> str:
    return psql("CATALOG", query).strip()


def _markdown(titles: int, size: float, runs: list[Run]) -> Iterator[str]:
    imported, copied = (
        statistics.median(getattr(run, side) for run in runs) for side in ("imported", "copied")
    )
    rows, peak = runs[0].rows, max(run.peak_megabytes for run in runs)
    yield provenance()
    yield ""
    yield (
        "| title.basics | files MB | rows written | runs | import s | rows/s | `\\copy` s | rows/s | ratio "
        "| peak memory MB |"
    )
    yield "|---" * 10 + "|"
    yield (
        f"| {titles:,} | {size:,.0f} | {rows:,} | {len(runs)} | {imported:.1f} | {rows / imported:,.0f} "
        f"| {copied:.1f} | {rows / copied:,.0f} | {copied / imported:.2f} | {peak:.0f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
