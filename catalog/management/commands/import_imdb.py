"""`manage.py import_imdb DIR`: the titles of the public IMDb dumps, into the catalog, as often as one likes."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from catalog.importing.command import ImportCommand
from catalog.importing.counts import Counts
from catalog.importing.imdb import Imdb, dump_opened
from streaming.stores.units import counted


class Command(ImportCommand):
    help = (
        "Imports the titles of the IMDb's dumps in DIR: title.basics, and of title.akas, title.crew, "
        "title.principals, title.episode, title.ratings and name.basics those that are there; .tsv or .tsv.gz. "
        "Repeatable: only what differs is written."
    )
    what = "DIR"
    opening = staticmethod(dump_opened)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--with-adult", action="store_true", help="Do not pass over adult titles.")

    def handle(
        self,
        *args: Any,
        file: Path,
        dry_run: bool,
        report: Path | None,
        with_adult: bool = False,
        **options: Any,
    ) -> None:
        self.source = imdb = Imdb(with_adult=with_adult)
        try:
            super().handle(*args, file=file, dry_run=dry_run, report=report, **options)
        finally:
            for line in imdb.tally.told():
                self.stdout.write(line)

    def summary(self, counts: Counts) -> str:
        """Rows are of seven files, and not all of titles."""
        told = f"{counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} unchanged"
        titles, rejected = counted(counts.titles, "title"), counted(counts.rejected, "row")
        return f"{titles}: {told}; {rejected} rejected{counts.noted}"
