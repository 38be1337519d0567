"""What an import has to do with each row: its title is new, changed, unchanged, or lacks something of it.

Entry points: `rows_sort`; `said_before`, for the changed. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from catalog.importing.growing import grown
from catalog.importing.identity import TitledRow
from catalog.importing.records import Format, Note, Record, Row, digest_of, json_of
from catalog.importing.replacing import Before
from catalog.importing.selectors import digests_by_key, existing_contents, records_by_key


@dataclass
class Sorted:
    """`lacking` are unchanged rows of which something was kept out, the ids of which `kept_out` has; `homeless` those
    that make no title and have none; `rejected` is of what records were to grow by; `cut_off` says which files ended
    before titles that had something of them.
    """

    new: dict[UUID, TitledRow] = field(default_factory=dict)
    changed: dict[UUID, TitledRow] = field(default_factory=dict)
    lacking: dict[UUID, TitledRow] = field(default_factory=dict)
    kept_out: dict[UUID, frozenset[UUID]] = field(default_factory=dict)
    unchanged: int = 0
    homeless: list[Row] = field(default_factory=list)
    rejected: list[Note] = field(default_factory=list)
    cut_off: set[Note] = field(default_factory=set)


def rows_sort(source: Format[Any], found: dict[UUID, TitledRow], made: Set[UUID] = frozenset()) -> Sorted:
    """Of titles that are held. `made` count as there."""
    outcome = Sorted()
    found, outcome.rejected = grown(source.scheme, found)
    keys = {content_id: each.row.key for content_id, each in found.items()}
    there = existing_contents(keys)
    there |= keys.keys() & made
    digests = digests_by_key(scheme=source.scheme, keys=keys) if there else {}
    for content_id, each in _completed(source, found, keys if there else {}, outcome.cut_off).items():
        digest, kept_out = digests.get(content_id, ("", frozenset()))
        if content_id not in there:
            if each.row.must_exist:
                outcome.homeless.append(each.row)
            else:
                outcome.new[content_id] = each
        elif digest != each.row.digest:
            outcome.changed[content_id] = each
        elif kept_out:
            outcome.lacking[content_id], outcome.kept_out[content_id] = each, kept_out
        else:
            outcome.unchanged += 1
    return outcome


def _completed(
    source: Format[Any], found: dict[UUID, TitledRow], keys: dict[UUID, str], cut_off: set[Note]
) -> dict[UUID, TitledRow]:
    """Rows of sources that were not read whole, with what they keep of the last import."""
    partial = {title: key for title, key in keys.items() if found[title].row.keeps}
    if not partial:
        return found
    whole = dict(found)
    for title, before in records_by_key(scheme=source.scheme, keys=partial).items():
        row = whole[title].row
        parts, notes = row.keeps(row.record, before.record) if row.keeps else ({}, ())
        cut_off.update(notes)
        if parts:
            whole[title] = whole[title]._replace(row=_with(source, row, parts))
    return whole


def _with(source: Format[Any], row: Row, parts: Record) -> Row:
    """People are named as far as the row names them; the others are in the catalog since the last import."""
    names = {credit.person: credit.name for credit in row.title.credits}
    said = source.title_of(row.record | parts)
    credits = tuple(
        credit._replace(name=credit.name or names.get(credit.person, "")) for credit in said.credits
    )
    said = replace(said, credits=credits, external_ids=row.title.external_ids, people=row.title.people)
    return replace(row, record=row.record | parts, title=said)


def said_before(source: Format[Any], found: Mapping[UUID, TitledRow]) -> dict[UUID, Before]:
    """What the last import of each of these titles said, for those that had one."""
    keys = {content_id: each.row.key for content_id, each in found.items()}
    return {
        content_id: Before(
            title=source.title_of(before.record),
            is_whole=before.digest == digest_of(json_of(before.record), found[content_id].row.edition),
            kept_out=before.kept_out,
        )
        for content_id, before in records_by_key(scheme=source.scheme, keys=keys).items()
    }
