"""What every import command is: its arguments, what it prints, how it ends.

Entry point: `ImportCommand`, whose subclasses say which format they import.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from catalog.importing.counts import Counts
from catalog.importing.files import opened
from catalog.importing.records import Format
from catalog.importing.running import file_import
from catalog.importing.selectors import catalog_size
from catalog.models import Content
from streaming.stores.commands import one_sentence
from streaming.stores.units import counted


class ImportCommand(BaseCommand):
    """`source` is the format; `opening` opens what it reads, and `what` is what that is."""

    what = "FILE"
    source: Format[Any]
    opening: Callable[[Path], AbstractContextManager[Any]] = staticmethod(opened)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar=self.what)
        parser.add_argument("--dry-run", action="store_true", help="Read, check and count; write nothing.")
        parser.add_argument(
            "--report", type=Path, help="CSV file for every row that was rejected, mended or met a conflict."
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, report: Path | None, **options: Any) -> None:
        with one_sentence(f"{file} is not imported", again="Running this again goes on from there."):
            counts = file_import(
                source=self.source, path=file, opened=self.opening, report=report, dry_run=dry_run
            )
        self.stdout.write(self.summary(counts))
        if counts.to_report and report is None:
            self.stdout.write("--report FILE names the rejected and the mended rows")
        if counts.drafts:
            self.stdout.write(_of_drafts(counts.drafts, dry_run))
        self.stdout.write("nothing was written" if dry_run else f"the catalog has {catalog_size()}")
        _end(file, counts)

    def summary(self, counts: Counts) -> str:
        """The first line, for a format whose rows are titles."""
        return str(counts)


def _of_drafts(number: int, dry_run: bool) -> str:
    """Where an editor goes on: no list and no search of the public's has these titles."""
    be = "would be" if dry_run else "is" if number == 1 else "are"
    drafts, them = ("a draft", "it") if number == 1 else ("drafts", "them")
    where = f"{reverse('admin:catalog_content_changelist')}?status__exact={Content.Status.DRAFT}"
    titles = counted(number, "new title")
    return f"{titles} {be} {drafts}: public once an editor publishes {them}, in the admin at {where}"


def _end(file: Path, counts: Counts) -> None:
    """Raises `CommandError` where the file was not what was expected."""
    if (first := counts.first_rejected) and counts.rejected == counts.rows:
        line = f"line {first.line}{first.file and f' of {first.file}'}"
        raise CommandError(f"Every row of {file} was rejected, the first, {line}, because {first.reason}.")
    if counts.broken_off:
        raise CommandError(
            f"{file} could not be read to its end: {counts.broken_off}. "
            "What was read so far is above; get the whole file and run this again."
        )
    if counts.cut_off:
        ends = "; ".join(each.reason for each in counts.cut_off)
        raise CommandError(f"{ends}. All else is in; get the whole file and run this again.")
