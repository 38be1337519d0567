"""`manage.py search_rebuild`: search documents and words brought up to the titles' rows, while all goes on."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from catalog.search.rebuilding import documents_rebuild, stale_rewrite
from catalog.selectors import any_title_count
from streaming.stores.commands import one_sentence

AGAIN = "What was written stays: run it again and it writes the rest."


class Command(BaseCommand):
    help = (
        "Writes the search documents that are not as their titles' rows are, and takes away words that nothing has "
        "any more. Readers and writers go on. Repeatable: what is right is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--stale",
            action="store_true",
            help="only what is marked as left behind by something that was renamed",
        )

    def handle(self, *args: Any, stale: bool, **options: Any) -> None:
        with one_sentence("Not rebuilt to the end", again=AGAIN):
            # disable=None: no bar where stderr is no terminal.
            with tqdm(
                total=None if stale else any_title_count(), unit="", disable=None, file=sys.stderr
            ) as bar:
                if stale:
                    written = stale_rewrite(most=sys.maxsize, looked_at=bar.update)
                else:
                    rebuilt = documents_rebuild(looked_at=bar.update)
        if stale:
            self.stdout.write(f"{written:,} stale documents written")
            return
        self.stdout.write(
            f"{rebuilt.titles:,} titles: {rebuilt.written:,} documents written, {rebuilt.removed:,} removed; "
            f"{rebuilt.words_added:,} words added, {rebuilt.words_removed:,} removed"
        )
