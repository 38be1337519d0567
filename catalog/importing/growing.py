"""Rows of records that grow: what a title's record is already, with what a file adds to it.

Others write between a file's reading and its rows': a merge makes one record of two titles' and leads the ids of one to
the other, and undoing it parts both again. So a row has parts, each of which is looked up by itself, and the record is
made by who holds the title (`catalog.locking`), upon what it is then.

Entry points, in this order: `parts_of`, `together`, `grown`. Failure: `django.db.Error`s.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from catalog.importing.identity import TitledRow
from catalog.importing.records import Note, Row
from catalog.importing.selectors import dossiers_by_title


def parts_of(rows: Iterable[Row]) -> list[Row]:
    """The rows that titles are to be found for: each part by itself, and those that have none as they are."""
    return [part for row in rows for part in (row.parts or (row,))]


def joined(parts: Sequence[Row]) -> Row:
    """What a file adds to one title's record, as one row until that is made."""
    return replace(
        parts[0],
        size=sum(part.size for part in parts),
        mended="; ".join(part.mended for part in parts if part.mended),
        parts=tuple(parts),
    )


def together(found: Iterable[TitledRow]) -> list[TitledRow]:
    """With the parts of each title as one row; rows that have no parts stay as they are."""
    whole: list[TitledRow] = []
    teams: dict[UUID, list[Row]] = {}
    for each in found:
        if each.row.grows is None:
            whole.append(each)
        else:
            teams.setdefault(each.content_id, []).append(each.row)
    return [*whole, *(TitledRow(title, joined(parts)) for title, parts in teams.items())]


def grown(scheme: str, found: Mapping[UUID, TitledRow]) -> tuple[dict[UUID, TitledRow], list[Note]]:
    """With each record as it is to be; and what is rejected of the parts. A row that comes to nothing is left out."""
    rows, rejected = dict(found), list[Note]()
    growing = [title for title, each in found.items() if each.row.grows]
    before = dossiers_by_title(scheme=scheme, ids=growing) if growing else {}
    for title in growing:
        part = rows.pop(title).row
        if part.grows:
            dossier = before.get(title)
            row, notes = part.grows(part.parts, (dossier.value, dossier.record) if dossier else None)
            rejected += notes
            if row is not None:
                rows[title] = TitledRow(title, row)
    return rows, rejected
