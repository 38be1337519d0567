"""What of the last import's record of a title stays, because this dump does not say it: that nothing is said of a title
in a file that is missing, or that ended before it, takes nothing away. Nor does it that somebody has no name.

Entry point: `Unsaid`, which is `Row.keeps`.
"""

from dataclasses import dataclass, field
from typing import Any

from catalog.importing.imdb.reading import listed
from catalog.importing.records import Kept, Note, Record

Cells = list[Any]


@dataclass(frozen=True)
class Unsaid:
    """What the dump did not say of one title.

    `missing` are parts of the record that want for a file, `ended` those of which the file ended before the title, with
    what the report is to say of that. `credited` are principals and crew with `unknown`, the people who have no name.
    Of its episodes those behind `episodes_end` are unsaid.
    """

    missing: tuple[str, ...] = ()
    ended: dict[str, Note] = field(default_factory=dict)
    credited: Record = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    names_end: Note | None = None
    episodes_end: Note | None = None

    def __bool__(self) -> bool:
        return bool(self.missing or self.ended or self.unknown or self.episodes_end)

    def __call__(self, record: Record, before: Record) -> Kept:
        """`records.Keeps`"""
        parts = {name: before[name] for name in self.missing if name in before}
        notes = []
        for name, note in self.ended.items():
            if any(before.get(name, ())):
                parts[name] = before[name]
                notes.append(note)
        if self.unknown:
            parts |= self._credits(before)
            if self.names_end and any(
                nconst > self.names_end.key for nconst in self.unknown & _credited(parts)
            ):
                notes.append(self.names_end)
        if self.episodes_end:
            said = record.get("episode", [])
            if behind := _episodes_behind(self.episodes_end.key, said, before.get("episode", ())):
                parts["episode"] = sorted([*said, *behind], key=_place)
                notes.append(self.episodes_end)
        return Kept(parts, tuple(notes))

    def _credits(self, before: Record) -> Record:
        """Of who has no name the credits as they were before, as many as there are now."""
        parts: Record = {}
        if principals := self.credited.get("principals"):
            parts["principals"] = self._principals(principals, before.get("principals", []))
        if crew := self.credited.get("crew"):
            both = zip(crew, before.get("crew", [None, None]), strict=True)
            parts["crew"] = [self._people(*cells) for cells in both]
        return parts

    def _principals(self, said: list[Cells], stored: list[Cells]) -> list[Cells]:
        waiting = {nconst: iter([cells for cells in stored if cells[1] == nconst]) for nconst in self.unknown}
        found = [next(waiting[cells[1]], None) if cells[1] in waiting else cells for cells in said]
        return [cells for cells in found if cells is not None]

    def _people(self, said: str | None, before: str | None) -> str | None:
        known = {*listed(said)} - self.unknown | {*listed(before)}
        return ",".join(each for each in listed(said) if each in known) or None


def without_unknown(credited: Record, unknown: frozenset[str]) -> Record:
    """Principals and crew less these people."""
    return Unsaid(credited=credited, unknown=unknown)._credits({})


def _credited(parts: Record) -> set[str]:
    principals = {str(cells[1]) for cells in parts.get("principals", ())}
    return principals.union(*(listed(cell) for cell in parts.get("crew", ())))


def _episodes_behind(last: str, said: list[Cells], before: list[Cells]) -> list[Cells]:
    """Those of before of which the file cannot say anything, in places that nobody has now."""
    taken = {_place(cells) for cells in said}
    return [cells for cells in before if cells[0] > last and _place(cells) not in taken]


def _place(cells: Cells) -> tuple[int, int]:
    return int(cells[1] or 0), int(cells[2] or 0)
