"""The format itself: from a file's records to the rows of titles.

A movie is a row as soon as it is read. Series, seasons and episodes are kept until the file is read, in whatever order
it has them, and then are one row for each series: its dossier, with what earlier files brought.
"""

from collections.abc import Iterator
from uuid import UUID

from catalog.importing.files import BrokenOff
from catalog.importing.identity import titles_found
from catalog.importing.mec.details import Reading, title_text
from catalog.importing.mec.dossiers import BARE, ONLY_SEASON, basic_of, dossier_with, title_in
from catalog.importing.mec.titles import (
    CID,
    content_id,
    episode_of,
    key_of,
    kind_of,
    own_ids,
    parent_of,
    season_of,
    title_of,
)
from catalog.importing.movielabs import name_of, ref_of
from catalog.importing.records import ExternalId, Note, Record, Rejected, Row, Title, rejection
from catalog.importing.selectors import dossiers_by_title, existing_contents
from catalog.importing.spool import Spool, SpooledFile, SpooledRecord, chunks, left_out, spooled
from catalog.importing.xml import Element, Subtree, records
from catalog.models import Source

ROOTS = ("mdmec:CoreMetadata", "mdmec:CoreMetadataList")
IN_SERIES = ("series", "season", "episode")
AT_ONCE = 200  # series that are looked up together


class Mec:
    """MovieLabs Media Entertainment Core, version 2: `CoreMetadata`, or a list of them."""

    scheme = "mec"
    key_name = "ContentID"
    is_sorted = False

    def title_of(self, record: Record) -> Title:
        return title_in(record)

    def rows(self, source: SpooledFile, /) -> Iterator[Row | Note]:
        """Raises `files.Unreadable` and `files.BrokenOff`, the latter after all rows of what could be read."""
        broken: BrokenOff | None = None
        with spooled(source) as spool:
            try:
                for subtree in records(
                    source,
                    roots=ROOTS,
                    record="mdmec:CoreMetadata",
                    name_of=name_of,
                    kind="MEC document",
                ):
                    yield from _read(subtree, spool)
            except BrokenOff as error:
                broken = error
            yield from self._series(spool)
        if broken:
            raise broken

    def _series(self, spool: Spool) -> Iterator[Row | Note]:
        spool.follow("episode", "season")
        for heads in chunks(spool.heads(), AT_ONCE):
            spool.move(self._titles(heads))
        for teams in spool.teams():
            ids = [UUID(team.name) for team in teams]
            before, there = dossiers_by_title(scheme=self.scheme, ids=ids), existing_contents(ids)
            for title, team in zip(ids, teams, strict=True):
                if title in there or any(kept.kind == "series" for kept in team.records):
                    yield self._dossier(team.records, before.get(title))
                else:
                    yield from map(_unplaced, team.records)
                yield from map(left_out, team.left_out)

    def _titles(self, heads: list[tuple[str, SpooledRecord | None]]) -> dict[str, str]:
        """The title of each team, which is called after the content id of a series, or of what is not in the file."""
        # Known by these, and claiming none: two series of one id are two records still.
        rows = [
            Row(line=0, size=0, key=name, record={}, title=BARE, known_as=_ids(name, head))
            for name, head in heads
        ]
        found = titles_found(scheme=self.scheme, rows=rows)
        return {name: str(each.content_id) for (name, _), each in zip(heads, found, strict=True)}

    def _dossier(self, team: list[SpooledRecord], before: Source | None) -> Row:
        key = next((kept.key for kept in team if kept.kind == "series"), team[0].parent)
        if before:
            key, record = before.value, dossier_with(before.record, team)
        else:
            record = dossier_with({}, team)
        return Row(
            line=team[0].line,
            size=sum(kept.size for kept in team),
            key=key,
            record=record,
            title=title_in(record),
            mended="; ".join(f"line {kept.line}: {kept.mended}" for kept in team if kept.mended),
            must_exist="core" not in record,
            # Without a core the title is known by what its parts are part of.
            known_as=() if "core" in record else _known_as(team),
        )


def _read(subtree: Subtree, spool: Spool) -> Iterator[Row | Note]:
    """A movie as its row; what belongs to a series goes to the spool."""
    basic = subtree.element.first("mdmec:Basic") or Element("")
    said = basic.attributes.get("ContentID", "")
    try:
        if subtree.problem:
            raise Rejected(subtree.problem)
        kept, title = _understood(subtree, basic)
    except Rejected as error:
        yield rejection(line=subtree.line, reason=str(error), key=said, title=_printed(basic))
        return
    if kept.kind in IN_SERIES:
        first = spool.add(kept)
        if first != kept.line:
            yield rejection(
                line=kept.line,
                reason=f"the same id is on line {first} already",
                key=kept.key,
                title=_printed(basic),
            )
    else:
        record = dossier_with({}, [kept])
        yield Row(kept.line, kept.size, kept.key, record, title, kept.mended)


def _understood(subtree: Subtree, basic: Element) -> tuple[SpooledRecord, Title]:
    """The record, with what it says by itself. Raises `Rejected`."""
    reading = Reading()
    kind, key = kind_of(basic), content_id(basic)
    parent = key
    if kind == "season":
        season_of(basic, reading)
        title, parent = BARE, key_of(parent_of(basic))
    elif kind == "episode":
        episode_of(basic, ONLY_SEASON, reading)
        title, parent = BARE, key_of(parent_of(basic))
    else:
        title = title_of(basic, reading)
    mended = "; ".join(dict.fromkeys(reading.mended))
    core = subtree.element.as_json()
    return SpooledRecord(key, parent, kind, parent, subtree.line, subtree.size, core, mended), title


def _ids(name: str, head: SpooledRecord | None) -> tuple[ExternalId, ...]:
    """What a team's title may be known by."""
    if head is not None and head.kind == "series":
        return own_ids(basic_of(head.record), Reading())
    return ref_of(name, scheme=CID), ExternalId(CID, name)


def _known_as(team: list[SpooledRecord]) -> tuple[ExternalId, ...]:
    return tuple(dict.fromkeys(each for kept in team for each in _ids(kept.parent, None)))


def _unplaced(kept: SpooledRecord) -> Note:
    return rejection(
        line=kept.line,
        reason=f"it is part of {kept.parent}, which is neither in this file nor in the catalog",
        key=kept.key,
        title=_printed(basic_of(kept.record)),
    )


def _printed(basic: Element) -> str:
    """A title to know the record by in the report."""
    return next(filter(None, map(title_text, basic.all("md:LocalizedInfo"))), "")
