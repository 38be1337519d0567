"""`manage.py seed`: demo data in all four stores, the same for the same arguments."""

import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from streaming.gateway.seeding import (
    SeedOrder,
    StoresNotEmpty,
    left_unfinished,
    report_lines,
    seed,
)
from streaming.stores.commands import one_sentence

T = TypeVar("T")
API = "http://127.0.0.1:8000/api/v1"
UNFINISHED = "What was written so far stays; run again with --replace."
REPLACE = (
    "first delete all titles, people, genres, keywords, studios, collections, plays, reviews, counters and daily "
    "rows, and all users who are not staff"
)


class Command(BaseCommand):
    help = (
        "Fills the four stores with demo data that agrees. The same arguments give the same rows, ids included. "
        "The last day has plays in its first hour only. Refuses when there are titles, plays or reviews. "
        "With DEBUG on there are two logins: admin / admin-demo and viewer / viewer-demo."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for what, default in (("titles", 500), ("viewers", 200), ("reviews", 2000), ("plays", 10_000)):
            parser.add_argument(
                f"--{what}", type=int, default=default, metavar="N", help=f"default {default}"
            )
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="default 1")
        parser.add_argument("--locale", default="en_US", help="one or more, as in id_ID,en_US; default en_US")
        parser.add_argument(
            "--until", type=date.fromisoformat, metavar="DATE", help="last day with plays; default today"
        )
        parser.add_argument("--replace", action="store_true", help=REPLACE)
        parser.add_argument(
            "--api", default=API, metavar="URL", help=f"of the calls it suggests; default {API}"
        )
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is data already")

    def handle(self, *args: Any, **options: Any) -> None:
        order = SeedOrder(
            **{name: options[name] for name in ("titles", "viewers", "reviews", "plays", "seed", "replace")},
            locales=tuple(dict.fromkeys(filter(None, map(str.strip, options["locale"].split(","))))),
            until=options["until"] or datetime.now(UTC).date(),
            demo=settings.DEBUG,
        )
        with one_sentence("Not seeded", again=UNFINISHED):
            try:
                seeded = seed(order, _progress)
            except StoresNotEmpty:
                if not options["if_empty"]:
                    raise
                self._print_kept()
                return
        for line in report_lines(seeded, api=options["api"], demo=order.demo):
            self.stdout.write(line)

    def _print_kept(self) -> None:
        self.stdout.write("There is data already; it stays as it is.")
        if left_unfinished():
            self.stdout.write("It is of a seeding that was cut off: `manage.py seed --replace` starts over.")


def _progress(items: Iterable[T], what: str, total: int | None) -> Iterable[T]:
    """A bar on stderr, on a terminal only."""
    bar: Iterable[T] = tqdm(
        items, desc=what, total=total, unit="", unit_scale=True, disable=None, file=sys.stderr
    )
    return bar
