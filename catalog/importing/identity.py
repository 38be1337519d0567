"""Which title a row is of, and the ids of what hangs on it, made from what the source says.

An import run again meets its own rows, because a title's id follows from scheme and key, a person's from the
source's key or the name, and those of a title's children from the title's. Changing a recipe here would import
everything anew. A title that is in the catalog by an external id is found by that first (`titles_found`), and who
was merged into another leads there.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import lru_cache
from hashlib import sha1
from typing import Any, NamedTuple
from uuid import UUID

from catalog.importing.records import Credit, Episode, ExternalId, Row
from catalog.importing.selectors import claims_by_id, merged_contents

Claims = dict[tuple[str, str], UUID]  # whose title an external id is

NAMESPACE = UUID("0583c5f7-6eb2-42a0-b1bc-4b28ab3ac280")


VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


class Id(UUID):
    """A UUID that has its text at hand, which is all that COPY wants of it."""

    __slots__ = ("_text",)
    _text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "int", int(text.replace("-", ""), 16))
        object.__setattr__(self, "_text", text)

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[Any, ...]:
        return UUID, (self._text,)


def uuid5(space: UUID, name: str) -> UUID:
    """`uuid.uuid5` at a quarter of its cost: an import makes a hundred million."""
    said = sha1(space.bytes + name.encode(), usedforsecurity=False).hexdigest()
    return Id(f"{said[:8]}-{said[8:12]}-5{said[13:16]}-{VARIANTS[said[16]]}{said[17:20]}-{said[20:32]}")


def content_id(scheme: str, key: str) -> UUID:
    return uuid5(NAMESPACE, f"{scheme}:{key}")


def person_id(name: str, key: str = "") -> UUID:
    """People of the same exact name are one person, unless the source has a key for each."""
    return _person_id(f"person-key:{key}" if key else f"person:{name}")


@lru_cache(maxsize=1 << 15)  # each is asked for to insert the person, for each credit and for the document
def _person_id(text: str) -> UUID:
    return uuid5(NAMESPACE, text)


def credit_id(content: UUID, credit: Credit) -> UUID:
    return uuid5(content, f"credit:{credit.job}:{credit.person or credit.name}")


def season_id(content: UUID, number: int) -> UUID:
    return uuid5(content, f"season:{number}")


def episode_id(content: UUID, episode: Episode) -> UUID:
    return uuid5(content, f"episode:{episode.key or f'{episode.season_number}:{episode.number}'}")


def child_id(content: UUID, kind: str, *identity: object) -> UUID:
    """Of a child that is known by what it says."""
    return uuid5(content, f"{kind}:{identity}")


def external_id_id(content: UUID, said: ExternalId) -> UUID:
    return child_id(content, "external", *said)


def source_id(content: UUID, scheme: str, key: str) -> UUID:
    return uuid5(content, f"source:{scheme}:{key}")


def claim_id(scheme: str, value: str) -> str:
    return f"{scheme}:{value}"


class Overtaken(Exception):
    """Somebody has claimed an external id, merged a title or undone that since they were looked up, and so a row may be
    of another title than it was.
    """


class TitledRow(NamedTuple):
    """A row with its title. Of its external ids `row` has those that are no other title's; `refused` has the owners of
    the others.
    """

    content_id: UUID
    row: Row
    refused: tuple[tuple[ExternalId, UUID], ...] = ()

    @property
    def refused_children(self) -> list[UUID]:
        """The ids that the refused would have with this title."""
        return [external_id_id(self.content_id, said) for said, _ in self.refused]


def titles_found(*, scheme: str, rows: Collection[Row], foreseen: Claims | None = None) -> list[TitledRow]:
    """The title of each row: by the first of its external ids that one has, else by scheme and key.

    At most two queries, however many rows. What an earlier row claims counts as if it were in the database already:
    whether two rows are of one title does not depend on how far apart they stand. In a dry run `foreseen` has what the
    rows before these would have claimed.
    """
    claims = (foreseen or {}) | claims_by_id({each for row in rows for each in row.names})
    merged = merged_contents({_title_of(scheme, row, claims) for row in rows})
    found = []
    for row in rows:
        title = _title_of(scheme, row, claims)
        found.append(_claimed(merged.get(title, title), row, claims))
    return found


def confirm(*, scheme: str, rows: Collection[Row], found: Collection[TitledRow]) -> None:
    """Looks again whose the rows are, for who holds the titles that they were found to be of. Raises `Overtaken`."""
    now = titles_found(scheme=scheme, rows=rows)
    if [each.content_id for each in now] != [each.content_id for each in found]:
        raise Overtaken


def title_named(names: Iterable[ExternalId], claims: Claims) -> UUID | None:
    """The title of the first of these ids, in the order of trust, that one has."""
    return next((claims[each] for each in names if each in claims), None)


def _title_of(scheme: str, row: Row, claims: Claims) -> UUID:
    return title_named(row.names, claims) or content_id(scheme, row.key)


def _claimed(title: UUID, row: Row, claims: Claims) -> TitledRow:
    """Adds to `claims` what the row says and nobody has."""
    said = dict.fromkeys(row.title.external_ids)
    if not said:
        return TitledRow(title, row)
    owners = {each: claims.setdefault(each, title) for each in said}
    refused = tuple((each, owner) for each, owner in owners.items() if owner != title)
    if refused:
        kept = tuple(each for each, owner in owners.items() if owner == title)
        row = replace(row, title=replace(row.title, external_ids=kept))
    return TitledRow(title, row, refused)
