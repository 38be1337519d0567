"""Lists, facets, genres and similar titles: milliseconds of the service, and over HTTP where a server runs.

On a catalog that is set up and filled, of whatever size:

    python -m dev --instance bench exec -- python -m bench.listing

With `--port` each question is also sent to the web server there. The service is called in this process, one call at a
time. Genres, keywords, people and titles asked for are drawn from the catalog with a fixed seed, so that every round
asks for others. Counts are forgotten before each round except where the row says `cached`.

Prints Markdown: the titles there are, then p50 and p95 of each question, and how many answers over HTTP were not 200
(503 past the request's deadline). A question about what no title of the catalog has, as keywords are in a seeded one,
is named and not asked. Failure: `django.db.Error`s.
"""

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import quantiles
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
django.setup()

from bench.machine import provenance  # noqa: E402  # models need the setup above
from catalog.audience import audience_of  # noqa: E402
from catalog.listing import COUNTS_KEY, facets_of, list_query, titles_list  # noqa: E402
from catalog.models import SearchDocument  # noqa: E402
from catalog.orders import ORDERS  # noqa: E402
from catalog.similar import similar_titles  # noqa: E402
from streaming.api.pages import parse_cursor, question_of  # noqa: E402
from streaming.stores.cache import forget  # noqa: E402

API = "/api/v1"
FACETS = "genre,type,year"
DRAWN = 200  # titles whose genres, keywords, people and studios are asked for


@dataclass(frozen=True)
class Question:
    """`path` makes the address of a round, `ask` asks the service for it; both draw alike from the round's seed."""

    name: str
    path: Callable[[random.Random], str]
    cached: bool = False

    def ask(self, path: str) -> None:
        place, _, text = path.partition("?")
        given = dict(parse_qsl(text))
        if place.endswith("/similar"):
            content_id = place.split("/")[1]
            similar_titles(content_id=content_id, audience=audience_of({}), limit=20)  # type: ignore[arg-type]
            return
        facets = given.pop("facets", "genre" if place == "genres" else "")
        limit, cursor = int(given.pop("limit", "20")), given.pop("cursor", None)
        query = list_query(given)
        if place != "genres":
            read = ORDERS[query.sort].read
            after = parse_cursor(cursor, question_of("content", query.canonical().decode()), read, UUID)
            titles_list(query=query, limit=limit, after=(after[0], after[1]) if after else None)
        if facets:
            facets_of(query=query, facets=facets.split(","))


def questions() -> list[Question]:
    drawn = _drawn()

    def of(**fields: str) -> Callable[[random.Random], str]:
        """`{name}` in a value is what a drawn title has of that name."""

        def path(rng: random.Random) -> str:
            filled = {name: text.format_map(_Any(rng, drawn)) for name, text in fields.items()}
            return f"content?{urlencode(filled)}"

        return path

    return [
        *(Question(f"list, sort={sort}", of(sort=sort)) for sort in ORDERS),
        Question("100 titles", of(limit="100")),
        Question("a genre", of(genre="{genre}")),
        Question("a genre, newest first", of(genre="{genre}", sort="-year")),
        Question("two genres", of(genre="{genre},{genre}")),
        Question("neither of two genres", of(not_genre="{genre}|{genre}")),
        Question("a keyword", of(keyword="{keyword}")),
        Question("a studio, best first", of(studio="{studio}", sort="-rating")),
        Question("a person", of(person="{person}")),
        Question("a year", of(year="{year}")),
        Question("a decade of a genre by title", of(year="1990..1999", genre="{genre}", sort="title")),
        Question("short ones", of(runtime="..45")),
        Question("the best", of(rating_gte="9.5")),
        Question("for a territory and an age", of(available_in="DE", maturity_lte="12")),
        Question("few: country, type, rating", of(country="{country}", type="documentary", rating_gte="9")),
        Question("list with facets", of(facets=FACETS)),
        Question("list with facets, cached", of(facets=FACETS), cached=True),
        Question("a genre with facets", of(genre="{genre}", facets=FACETS)),
        Question("a person with facets", of(person="{person}", facets=FACETS)),
        Question("genres", lambda rng: "genres"),
        Question("similar", lambda rng: f"content/{rng.choice(drawn['content'])}/similar"),
    ]


class Lacking(Exception):
    """No title has any."""


class _Any(dict[str, str]):
    def __init__(self, rng: random.Random, drawn: dict[str, list[str]]) -> None:
        super().__init__()
        self.rng, self.drawn = rng, drawn

    def __missing__(self, name: str) -> str:
        if not self.drawn[name]:
            raise Lacking(name)
        return self.rng.choice(self.drawn[name])


def _drawn() -> dict[str, list[str]]:
    """What some public titles have; a term that many titles have is drawn oftener, as people ask for it oftener."""
    fields = ("content_id", "genre_ids", "keyword_ids", "studio_ids", "person_ids", "countries", "year")
    rows = list(SearchDocument.objects.public().order_by("content_id").values(*fields)[:DRAWN])

    def each(name: str) -> Iterator[str]:
        for row in rows:
            value: Any = row[name]
            yield from map(str, value if isinstance(value, list) else [] if value is None else [value])

    names = dict(
        zip(("content", "genre", "keyword", "studio", "person", "country", "year"), fields, strict=True)
    )
    return {name: list(each(field)) for name, field in names.items()}


def main() -> None:
    options = _options()
    print(f"{provenance()}; {SearchDocument.objects.count():,} titles, {options.rounds} rounds\n")
    print(
        "| question | service p50 ms | p95 ms | HTTP p50 ms | p95 ms | not 200 |\n|---|---:|---:|---:|---:|---:|"
    )
    over_http = OverHttp(options.host, options.port) if options.port else None
    for question in questions():
        try:
            service = _measured(question, options.rounds, question.ask)
        except Lacking as error:
            print(f"| {question.name} | no title has a {error} | | | | |", flush=True)
            continue
        cells = f"{service[0]:.1f} | {service[1]:.1f}"
        if over_http is None:
            cells += " | – | – | –"
        else:
            http = _measured(question, options.rounds, over_http)
            cells += f" | {http[0]:.1f} | {http[1]:.1f} | {over_http.failures()}"
        print(f"| {question.name} | {cells} |", flush=True)


def _measured(question: Question, rounds: int, ask: Callable[[str], None]) -> tuple[float, float]:
    """p50 and p95 in milliseconds; the first of the rounds warms up and does not count."""
    rng = random.Random(7)
    took: list[float] = []
    for _ in range(rounds + 1):
        path = question.path(rng)
        if not question.cached:
            forget([COUNTS_KEY])
        started = time.perf_counter()
        ask(path)
        took.append((time.perf_counter() - started) * 1000)
    cuts = quantiles(took[1:], n=20)
    return cuts[9], cuts[18]


class OverHttp:
    """Asks a web server on one connection, and counts what was not answered."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = HTTPConnection(host, port, timeout=30)
        self.failed = 0

    def __call__(self, path: str) -> None:
        self.connection.request("GET", f"{API}/{path}")
        answer = self.connection.getresponse()
        answer.read()
        self.failed += answer.status != 200

    def failures(self) -> int:
        """Since it was last asked."""
        failed, self.failed = self.failed, 0
        return failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, help="Of a running web server; without it the service alone is measured."
    )
    parser.add_argument("--rounds", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    main()
