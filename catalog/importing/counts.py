"""What became of a source's rows."""

from dataclasses import dataclass, field

from catalog.importing.records import Note
from streaming.stores.units import counted


@dataclass
class Counts:
    """What became of the rows; `broken_off` says why the file ended early, if it did.

    `drafts` are those of the new titles that nobody sees before an editor publishes them.
    `cut_off` are files that ended before titles of which they had something an earlier time.
    """

    new: int = 0
    drafts: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    mended: int = 0
    kept_out: int = 0
    broken_off: str = ""
    cut_off: list[Note] = field(default_factory=list)
    first_rejected: Note | None = None

    def reject(self, note: Note) -> None:
        self.rejected += 1
        if self.first_rejected is None or note.line < self.first_rejected.line:
            self.first_rejected = note

    @property
    def titles(self) -> int:
        return self.new + self.changed + self.unchanged

    @property
    def rows(self) -> int:
        return self.titles + self.rejected

    @property
    def to_report(self) -> int:
        """How many lines the report has."""
        return self.rejected + self.mended + self.kept_out + len(self.cut_off)

    @property
    def noted(self) -> str:
        """What is to be said of rows that came in."""
        mended = f", {self.mended:,} mended" if self.mended else ""
        return f"{mended}, {counted(self.kept_out, 'conflict')}" if self.kept_out else mended

    def __str__(self) -> str:
        return (
            f"{counted(self.rows, 'row')}: {self.new:,} new, {self.changed:,} changed, "
            f"{self.unchanged:,} unchanged, {self.rejected:,} rejected{self.noted}"
        )
