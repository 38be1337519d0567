"""The format itself: from a file's avails to the rows of the titles that they are of.

An avail says who may show a title, not what it is, so it makes no title: one that the catalog does not know is
reported, and its MEC is to be imported first. A title's avails are kept until the file is read, wherever in it they
stand, and then are one row. It becomes the title's dossier, with what earlier files brought, when the title is held:
two titles that are merged have one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalog.importing.avails.assets import candidates_of
from catalog.importing.avails.dossiers import (
    EDITION,
    SCHEME,
    Delivery,
    delivery_of,
    dossier_with,
    licences_in,
    unheard_of,
)
from catalog.importing.avails.windows import windows_of
from catalog.importing.files import BrokenOff
from catalog.importing.growing import joined
from catalog.importing.identity import claim_id, titles_found
from catalog.importing.movielabs import name_of
from catalog.importing.records import ExternalId, Grown, Note, Record, Rejected, Row, Title, rejection
from catalog.importing.selectors import existing_contents
from catalog.importing.spool import Spool, SpooledFile, SpooledRecord, chunks, left_out, spooled
from catalog.importing.xml import Subtree, records

ROOTS = ("avails:AvailList", "avails:Avail", "avails:AvailListSigned")
EXCEPTION = "ExceptionFlag: the licence has conditions that are not in the file"
AVAILS_AT_ONCE = 500
SAYS_NOTHING = Title("", "")  # of what the title is called


class Avails:
    """MovieLabs Content Availability Metadata, version 2: an `AvailList`, or one `Avail`."""

    scheme = SCHEME
    key_name = "ALID"
    is_sorted = True

    def title_of(self, record: Record) -> Title:
        windows, _ = windows_of(licences_in(record))
        return replace(SAYS_NOTHING, windows=tuple(windows))

    def rows(self, source: SpooledFile, /) -> Iterator[Row | Note]:
        """Raises `files.Unreadable` and `files.BrokenOff`, the latter after all rows of what could be read."""
        broken: list[BrokenOff] = []
        with spooled(source) as spool:
            for found in chunks(_read(source, broken), AVAILS_AT_ONCE):
                yield from (each for each in found if isinstance(each, Note))
                yield from self._keep([each for each in found if isinstance(each, Row)], spool)
            for teams in spool.teams():
                for team in teams:
                    yield joined([_row_of(kept) for kept in team.records])
                    yield from map(left_out, team.left_out)
        if broken:
            raise broken[0]

    def _keep(self, rows: list[Row], spool: Spool) -> Iterator[Note]:
        """Puts avails to those of the same title."""
        found = titles_found(scheme=self.scheme, rows=rows)
        there = existing_contents({each.content_id for each in found})
        for title, row, *_ in found:
            alid = row.record["delivery"][0]
            if title not in there:
                named = ", ".join(claim_id(*each) for each in row.known_as)
                yield rejection(
                    line=row.line, key=alid, reason=f"no title has one of {named}: import its MEC first"
                )
                continue
            kept = SpooledRecord(
                alid, str(title), "avail", row.key, row.line, row.size, row.record, row.mended
            )
            first = spool.add(kept)
            if first != row.line:
                yield rejection(line=row.line, key=alid, reason=f"the same id is on line {first} already")


def _row_of(kept: SpooledRecord) -> Row:
    return Row(
        line=kept.line,
        size=kept.size,
        key=kept.parent,
        record=kept.record,
        title=SAYS_NOTHING,
        mended=f"line {kept.line}: {kept.mended}" if kept.mended else "",
        edition=EDITION,
        must_exist=True,
        known_as=tuple(ExternalId(*each) for each in kept.record["known_as"]),
        grows=_grown,
    )


def _grown(parts: Sequence[Row], before: tuple[str, Record] | None) -> Grown:
    """The dossier after these avails; without a word where none of it is there before and after."""
    key, dossier = before or (parts[0].key, {})
    deliveries = [Delivery(*part.record["delivery"]) for part in parts]
    rejected = [
        rejection(line=part.line, key=delivery.alid, reason=reason)
        for part, delivery, reason in zip(parts, deliveries, unheard_of(dossier, deliveries), strict=True)
        if reason
    ]
    record, lines = dossier_with(dossier, deliveries)
    if not before and not record["avails"]:
        return Grown(None, rejected)
    windows, refused = windows_of(licences_in(record))
    for refusal in refused:
        line = lines.get((refusal.alid, refusal.place))
        if line is not None:  # else an earlier file brought it, and its report said so
            rejected.append(rejection(line=line, key=refusal.alid, reason=refusal.reason))
    title = replace(SAYS_NOTHING, windows=tuple(windows))
    return Grown(replace(joined(parts), key=key, record=record, title=title, parts=(), grows=None), rejected)


def _read(source: SpooledFile, broken: list[BrokenOff]) -> Iterator[Row | Note]:
    """The file's avails, each as a row to find its title by."""
    try:
        for subtree in records(
            source, roots=ROOTS, record="avails:Avail", name_of=name_of, kind="Avails document"
        ):
            yield _understood(subtree)
    except BrokenOff as error:
        broken.append(error)


def _understood(subtree: Subtree) -> Row | Note:
    avail = subtree.element
    try:
        if subtree.problem:
            raise Rejected(subtree.problem)
        delivery, known_as = delivery_of(avail), candidates_of(avail)
    except Rejected as error:
        return rejection(line=subtree.line, key=avail.text_of("avails:ALID"), reason=str(error))
    return Row(
        line=subtree.line,
        size=subtree.size,
        key=known_as[0].value,
        record={"delivery": list(delivery), "known_as": list(map(list, known_as))},
        title=SAYS_NOTHING,
        mended=EXCEPTION if avail.text_of("avails:ExceptionFlag") in ("true", "1") else "",
        known_as=known_as,
    )
