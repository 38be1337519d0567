"""One import of one file, as every import command runs it: lock, report, progress bar, pipeline."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tqdm import tqdm

from catalog.importing.files import SourceFile, opened
from catalog.importing.pipeline import Counts, one_import_at_a_time, titles_import
from catalog.importing.records import Format
from catalog.importing.report import report_to


def file_import(*, source: Format, path: Path, report: Path | None, dry_run: bool) -> Counts:
    """Imports `path` and writes `report`. Raises `files.ImportFailed`.

    The file is opened first and then the report, so that neither a wrong path nor a report that cannot be
    written gets as far as the database. A dry run writes the report only and needs no lock.
    """
    with opened(path) as file, report_to(report, source=path) as note:
        with nullcontext() if dry_run else one_import_at_a_time():
            # disable=None: no bar where stderr is no terminal.
            with tqdm(total=file.size, unit="B", unit_scale=True, disable=None) as bar:
                return titles_import(
                    source=source,
                    file=file,
                    note=note,
                    batch_done=lambda: _advance(bar, file),
                    dry_run=dry_run,
                )


def _advance(bar: Any, file: SourceFile) -> None:
    bar.update(file.position - bar.n)
