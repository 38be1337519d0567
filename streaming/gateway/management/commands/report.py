"""`manage.py report`: `watch-time`, what was watched, by genre and week, from the replica and the catalog at once;
`unmapped-maturity`, which ratings no level maps, and how many titles that hides."""

import difflib
import json
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.selectors import genre_names
from streaming.gateway.reports import maturity
from streaming.gateway.reports.rendering import as_json, csv_text, text_lines
from streaming.gateway.reports.watch_time import days_of, watch_time
from streaming.stores.commands import SECONDS_TO_GREET, one_sentence
from streaming.stores.deadline import guarded
from streaming.stores.refusal import Refused


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day; write it as in 2026-01-31") from None


class Command(BaseCommand):
    help = "What the stores know, as text, CSV or JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        reports = parser.add_subparsers(dest="report", metavar="REPORT", required=True)
        watched = reports.add_parser(
            "watch-time",
            help="watch time by genre and ISO week (UTC); by default of the last 12 weeks",
        )
        watched.add_argument("--from", dest="first", type=day, metavar="YYYY-MM-DD", help="first day")
        watched.add_argument(
            "--to", dest="last", type=day, metavar="YYYY-MM-DD", help="last day; default today"
        )
        watched.add_argument("--genre", metavar="NAME", help="only this one")
        unmapped = reports.add_parser(
            "unmapped-maturity",
            help="ratings that no level maps, and how many titles they hide from requests with a limit",
        )
        for each in (watched, unmapped):
            shape = each.add_mutually_exclusive_group()
            shape.add_argument("--csv", action="store_true")
            shape.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["report"] == "unmapped-maturity":
            self.print_unmapped_maturity(options)
        else:
            self.print_watch_time(options)

    def print_unmapped_maturity(self, options: dict[str, Any]) -> None:
        with one_sentence("The catalog does not answer"), guarded(SECONDS_TO_GREET):
            report = maturity.report()
        if options["csv"]:
            self.stdout.write(maturity.csv_text(report), ending="")
        elif options["json"]:
            self.stdout.write(json.dumps(maturity.as_json(report), indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(maturity.text_lines(report)))

    def print_watch_time(self, options: dict[str, Any]) -> None:
        with one_sentence("The catalog does not answer"), guarded(SECONDS_TO_GREET):
            first, last = days_of(options["first"], options["last"])
            genre = genre_named(options["genre"]) if options["genre"] is not None else None
            report = watch_time(first=first, last=last, genre=genre)
        if options["csv"]:
            self.stdout.write(csv_text(report), ending="")
        elif options["json"]:
            self.stdout.write(json.dumps(as_json(report), indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(text_lines(report)))


def genre_named(name: str) -> str:
    """The genre as the catalog writes it, in whatever case it was asked for."""
    names = {known.casefold(): known for known in genre_names()}
    if name.casefold() in names:
        return names[name.casefold()]
    near = difflib.get_close_matches(name.casefold(), names, n=1)
    meant = f"; the nearest is {names[near[0]]!r}" if near else ""
    raise Refused(f"There is no genre {name!r}{meant}.")
