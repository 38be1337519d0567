"""Shows a distribution on a terminal: a line per step as it begins, and a bar over rows and steps.

Entry points: `Progress`. The lines go to `write`, the bar to stderr and only when that is a terminal.
"""

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tqdm import tqdm

from streaming.stores.citus.steps import Step


class Progress:
    """Counts a row that is copied and a step that is done as one each."""

    def __init__(self, steps: Sequence[Step], write: Callable[[str], object]) -> None:
        self.present: Step | None = None
        self.begun = 0
        self._count = len(steps)
        self._write = write
        self._finished = 0
        self._bar = tqdm(
            total=sum(step.rows for step in steps) + self._count,
            disable=None,
            file=sys.stderr,
            unit="",
            unit_scale=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish_present()
        self._bar.close()

    def announce(self, step: Step) -> None:
        """The step before is done, this one begins."""
        self._finish_present()
        self.present = step
        self.begun += 1
        with self._bar.external_write_mode(file=sys.stderr):
            self._write(f"[{self.begun}/{self._count}] {step.name}")

    def copied(self, rows: int) -> None:
        """That many rows of the present step's table are there; may be called from another thread."""
        if self.present:
            self._show(self._finished + min(rows, self.present.rows))

    def copying(self) -> bool:
        """Whether there are rows to be counted, for somebody to see."""
        return bool(not self._bar.disable and self.present and self.present.rows)

    def _finish_present(self) -> None:
        if self.present:
            self._finished += self.present.rows + 1
            self._show(self._finished)

    def _show(self, position: int) -> None:
        self._bar.update(max(0, position - self._bar.n))
