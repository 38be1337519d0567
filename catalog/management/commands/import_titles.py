"""`manage.py import_titles FILE[.gz]`: the titles of a listing, into the catalog, as often as one likes."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.importing.files import opened
from catalog.importing.listing import Listing
from catalog.importing.running import file_import
from catalog.importing.selectors import catalog_size
from streaming.stores.commands import one_sentence


class Command(BaseCommand):
    help = "Imports the titles of a CSV listing, plain or gzip. Repeatable: only what differs is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Read, check and count; write nothing.")
        parser.add_argument("--report", type=Path, help="CSV file for every rejected and every mended row.")

    def handle(self, *args: Any, file: Path, dry_run: bool, report: Path | None, **options: Any) -> None:
        with one_sentence(f"{file} is not imported", again="Running this again goes on from there."):
            counts = file_import(source=Listing(), path=file, opened=opened, report=report, dry_run=dry_run)
        self.stdout.write(str(counts))
        if (counts.rejected or counts.mended) and report is None:
            self.stdout.write("--report FILE names the rejected and the mended rows")
        self.stdout.write("nothing was written" if dry_run else f"the catalog has {catalog_size()}")
        if counts.rejected and counts.rejected == counts.rows:
            raise CommandError(f"No row of {file} could be read.")
        if counts.broken_off:
            raise CommandError(
                f"{file} could not be read to its end: {counts.broken_off}. "
                "What was read so far is above; get the whole file and run this again."
            )
