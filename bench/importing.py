"""How fast and in how much memory `manage.py import_titles` works: the real listing and a generated one.

Run on durable stores that hold nothing: `python -m dev --instance bench exec -- python -m bench.importing`.
`TITLES_FILE` names the real listing; `--rows` sizes the generated one, which is the same for the same seed.
Each import is a process of its own, timed from its start to its end; its peak memory is the kernel's figure.
Prints Markdown. Ends with one sentence and code 1 where the catalog holds titles or an import fails.
"""

import argparse
import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
django.setup()

from bench.machine import provenance  # noqa: E402  # models need the setup above
from catalog.seeding.load import EMPTIED  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
TITLES_FILE = ROOT.parent / "shared" / "data" / "netflix_titles.csv.gz"
COLUMNS = (
    "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,description"
)
MONTHS = ("January", "March", "April", "June", "July", "September", "December")
COUNTRIES = ("United States", "India", "Spain", "Nigeria", "South Korea", "Brazil", "France", "")
MATURITY = ("TV-MA", "TV-14", "PG-13", "R", "NR")
GENRES = tuple(f"Genre {number}" for number in range(42))
SYLLABLES = ("ka", "ri", "mon", "tes", "lu", "vard", "so", "bel", "an", "chi", "dro", "ne", "pra", "wil")
# As in the real listing: 7.3 names in a cast, 8.8 where there is one, and 4.6 new people with each title.
NAMES_IN_CAST = (0, 4, 6, 8, 8, 10, 10, 12)
PEOPLE_PER_TITLE = 4.6


class Run(NamedTuple):
    seconds: float
    peak_megabytes: float


def main() -> int:
    arguments = _arguments()
    if titles := _query("SELECT count(*) FROM content_metadata"):
        return _fail(f"the catalog holds {titles:,} titles: use an instance of its own")
    results = []
    real = Path(os.environ.get("TITLES_FILE") or TITLES_FILE)
    if real.is_file():
        results.append(("the real listing", 8807, [_import(real) for _ in range(arguments.runs)]))
    if arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "generated.csv"
            write_listing(path, rows=arguments.rows, seed=arguments.seed)
            size = path.stat().st_size / 1e6
            results.append((f"generated, {size:,.0f} MB", arguments.rows, [_import(path)]))
    print("\n".join(_markdown(results)))
    return 0


def write_listing(path: Path, *, rows: int, seed: int) -> None:
    """A listing of `rows` rows; the same for the same arguments."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS.split(","))
        writer.writerows(_rows(rows, random.Random(seed)))


def _rows(rows: int, chance: random.Random) -> Iterator[tuple[object, ...]]:
    people = max(1, int(rows * PEOPLE_PER_TITLE))
    for number in range(1, rows + 1):
        series = chance.random() < 0.3
        seasons = 1 + int(chance.random() ** 3 * 9)
        yield (
            f"s{number}",
            "TV Show" if series else "Movie",
            f"The {_word(chance)} {_word(chance)} {number}".title(),
            _person(chance.randrange(people)) if chance.random() < 0.7 else "",
            ", ".join(_person(chance.randrange(people)) for _ in range(chance.choice(NAMES_IN_CAST))),
            chance.choice(COUNTRIES),
            f"{chance.choice(MONTHS)} {chance.randint(1, 30)}, {chance.randint(2008, 2021)}",
            chance.randint(1940, 2021),
            chance.choice(MATURITY),
            f"{seasons} Season{'s' * (seasons > 1)}" if series else f"{chance.randint(40, 180)} min",
            ", ".join(chance.sample(GENRES, 2)),
            " ".join(_word(chance) for _ in range(22)),
        )


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=3))


def _person(number: int) -> str:
    """A name for each number, and another one for another."""
    syllables = []
    for _ in range(6):
        number, position = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[position])
    return "".join(syllables[:3]).title() + " " + "-".join(syllables[3:]).title()


def _import(path: Path) -> Run:
    """Imports into an emptied catalog, which is empty again afterwards."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, ROOT / "manage.py", "import_titles", path], cwd=ROOT)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(_fail(f"the import ended with code {child.returncode}"))
    _query(f"TRUNCATE {', '.join(EMPTIED)} CASCADE; SELECT 1")
    per_megabyte = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes here
    return Run(seconds, usage.ru_maxrss / per_megabyte)


def _query(text: str) -> int:
    address = urlsplit(os.environ["CATALOG_DATABASE_URL"])
    with closing(
        psycopg2.connect(urlunsplit(address), password=os.environ["CATALOG_DATABASE_PASSWORD"])
    ) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(text)
            ((number,),) = cursor.fetchall()
            return int(number)


def _markdown(results: list[tuple[str, int, list[Run]]]) -> Iterator[str]:
    yield provenance()
    yield ""
    yield "| file | rows | runs | seconds (median) | rows/s | peak memory MB |"
    yield "|---|---|---|---|---|---|"
    for name, rows, runs in results:
        seconds = statistics.median(run.seconds for run in runs)
        peak = max(run.peak_megabytes for run in runs)
        yield f"| {name} | {rows:,} | {len(runs)} | {seconds:.1f} | {rows / seconds:,.0f} | {peak:.0f} |"


def _fail(reason: str) -> int:
    print(f"bench.importing: {reason}", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.importing", description="Times import_titles.")
    parser.add_argument("--runs", type=int, default=3, help="imports of the real listing (3)")
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="rows of the generated one; 0 leaves it out"
    )
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
