"""`manage.py search_check`: names the search documents that are not as their titles' rows are. It writes nothing."""

import sys
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from catalog.search.checking import Checked, documents_check
from catalog.search.comparing import Difference
from catalog.selectors import any_title_count
from streaming.stores.commands import one_sentence
from streaming.stores.units import counted

WORDS_NAMED = 10
# Of one and of several.
FINE = "title has a document as its rows are", "titles have documents as their rows are"
WITHOUT = "has no document as its rows are", "have no document as their rows are"
WAITING = "waits", "wait"


def above_zero(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


class Command(BaseCommand):
    help = "Compares search documents with their titles' rows. Exit code 1 when any differs, is missing or left over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sample", type=above_zero, metavar="N", help="only N titles, drawn at random")

    def handle(self, *args: Any, sample: int | None, **options: Any) -> None:
        with one_sentence("Not checked to the end"):
            total = any_title_count() if sample is None else min(sample, any_title_count())
            with tqdm(total=total, unit="", disable=None, file=sys.stderr) as bar:
                checked = documents_check(sample=sample, found=self._name, looked_at=bar.update)
        if checked.words:
            self.stdout.write(_words(checked.words))
        if checked.wrong or checked.words:
            raise CommandError(
                f"Of {counted(checked.titles, 'title')} {counted(checked.wrong, *WITHOUT)}: "
                "`manage.py search_rebuild` writes them."
            )
        self.stdout.write(_fine(checked))

    def _name(self, difference: Difference) -> None:
        self.stdout.write(f"{difference.content_id} {difference.title}: {', '.join(difference.what)}")


def _words(words: set[str]) -> str:
    named = ", ".join(sorted(words)[:WORDS_NAMED])
    more = len(words) - WORDS_NAMED
    return f"words that the typo step does not know: {named}{f' and {more:,} more' if more > 0 else ''}"


def _fine(checked: Checked) -> str:
    stale = f"; {counted(checked.stale, *WAITING)} for the worker" if checked.stale else ""
    return f"{counted(checked.titles, *FINE)}{stale}"
