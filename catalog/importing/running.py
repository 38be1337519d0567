"""One import of one source, as every import command runs it: lock, report, progress bar, pipeline."""

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tqdm import tqdm

from catalog.importing.counts import Counts
from catalog.importing.pipeline import one_import_at_a_time, titles_import
from catalog.importing.records import Format
from catalog.importing.report import report_to


class Measured(Protocol):
    """What an import reads from, in bytes, and the files it is."""

    @property
    def paths(self) -> tuple[Path, ...]: ...

    @property
    def size(self) -> int: ...

    @property
    def position(self) -> int: ...


S = TypeVar("S", bound=Measured)
COLLECT_AFTER = 400_000  # objects more than were given up


def file_import(
    *,
    source: Format[S],
    path: Path,
    opened: Callable[[Path], AbstractContextManager[S]],
    report: Path | None,
    dry_run: bool,
) -> Counts:
    """Imports `path` and writes `report`. Raises `files.ImportFailed`.

    The source is opened first and then the report, so that neither a wrong path nor a report that cannot be
    written gets as far as the database. A dry run writes the report only and needs no lock.
    """
    with opened(path) as file, report_to(report, sources=file.paths, key_name=source.key_name) as note:
        with nullcontext() if dry_run else one_import_at_a_time(), _few_collections():
            # disable=None: no bar where stderr is no terminal.
            with tqdm(total=file.size, unit="B", unit_scale=True, disable=None) as bar:
                return titles_import(
                    source=source,
                    file=file,
                    note=note,
                    batch_done=lambda: _advance(bar, file),
                    dry_run=dry_run,
                )


@contextmanager
def _few_collections() -> Iterator[None]:
    """Python looks for cycles among all that is alive after every few hundred objects: with two batches in memory a
    third of an import's time. Rows make no cycles, and the few that statements leave are collected still.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 2, 2)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _advance(bar: Any, file: Measured) -> None:
    bar.update(file.position - bar.n)
