"""`manage.py search_rebuild`: search documents and words brought up to the titles' rows, while all goes on."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from catalog.search.rebuilding import documents_rebuild, missing_count, missing_write, stale_rewrite
from catalog.selectors import any_title_count
from streaming.stores.commands import one_sentence
from streaming.stores.units import counted

AGAIN = "What was written stays: run it again and it writes the rest."


class Command(BaseCommand):
    help = (
        "Writes the search documents that are not as their titles' rows are, and takes away words that nothing has "
        "any more. Readers and writers go on. Repeatable: what is right is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        part = parser.add_mutually_exclusive_group()
        part.add_argument(
            "--missing",
            action="store_true",
            help="only those that are not there, as after an upgrade",
        )
        part.add_argument(
            "--stale",
            action="store_true",
            help="only what is marked as left behind by something that was renamed",
        )

    def handle(self, *args: Any, missing: bool, stale: bool, **options: Any) -> None:
        with one_sentence("Not rebuilt to the end", again=AGAIN):
            if missing:
                said = self._missing()
            elif stale:
                said = self._stale()
            else:
                said = self._all()
        self.stdout.write(said)

    def _missing(self) -> str:
        with _bar(missing_count()) as bar:
            written = missing_write(most=sys.maxsize, looked_at=bar.update) if bar.total else 0
        return (
            f"{counted(written, 'missing document')} written" if written else "No search document is missing."
        )

    def _stale(self) -> str:
        with _bar(None) as bar:
            written = stale_rewrite(most=sys.maxsize, looked_at=bar.update)
        return f"{counted(written, 'stale document')} written"

    def _all(self) -> str:
        with _bar(any_title_count()) as bar:
            rebuilt = documents_rebuild(looked_at=bar.update)
        return (
            f"{counted(rebuilt.titles, 'title')}: {counted(rebuilt.written, 'document')} written, "
            f"{rebuilt.removed:,} removed; "
            f"{counted(rebuilt.words_added, 'word')} added, {rebuilt.words_removed:,} removed"
        )


def _bar(total: int | None) -> tqdm:
    """disable=None: no bar where stderr is no terminal."""
    return tqdm(total=total, unit="", disable=None, file=sys.stderr)
