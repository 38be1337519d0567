"""Titles whose source says something else than last time, or that it has something to add to.

What the source says is written where the catalog still has what the source said last, or nothing; what editors and
other sources changed, added or took away stays so. That is known by comparing with the record that the last import of
this source stored, and only what it brought and says no longer is taken away. What something else keeps out (an
editor's season of the same number, a licence that overlaps) is told of. `replacing` does so for the titles' children.

Every statement carries `content_id`, so on Citus it goes to the shards of these titles only.
Entry points: `titles_change`, `titles_complete`. Failure: `django.db.Error`s, `Overtaken`.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog import models
from catalog.importing.children import KINDS, MovedPeople
from catalog.importing.identity import TitledRow, external_id_id, person_id, source_id
from catalog.importing.inserting import SCALARS, ids_claim
from catalog.importing.records import ExternalId
from catalog.importing.replacing import Before, KeptOut, Rows, Said, children_add, children_replace
from catalog.importing.selectors import claims_by_id, people_by_id
from catalog.importing.sharing import Known, TermIds, term_ids
from catalog.models import Content, Source
from catalog.registries import Ref
from catalog.services import Pair, contents_touch
from catalog.services.external_ids import claims_release
from catalog.terms import TERMS
from streaming.stores.aliases import CATALOG

COMPARED = (*SCALARS, "countries", "published_at")
NOTHING: tuple[Any, ...] = (None, "", [])  # a 0 is something: a rating of 0.0 is one
AT_ONCE = 1000


def titles_change(
    *, scheme: str, found: Collection[TitledRow], said: Said, terms: TermIds, known: Known, now: datetime
) -> list[KeptOut]:
    """Brings titles up to their rows, in a transaction that holds them (`catalog.locking`)."""
    rows = {each.content_id: each.row for each in found}
    _write_titles(rows, said)
    moved = _moved_people(said, known)
    kept_out = [each for kind in KINDS for each in children_replace(kind, rows, said, moved)]
    _write_claims(found, said)
    for field in TERMS:
        _write_links(field, rows, said, terms[field])
    _write_sources(scheme, found, _still_kept_out(found, kept_out), now)
    contents_touch(rows)
    return kept_out


def titles_complete(
    *, scheme: str, found: Collection[TitledRow], lacking: Mapping[UUID, frozenset[UUID]], now: datetime
) -> tuple[set[UUID], list[KeptOut]]:
    """Tries again what was kept out of titles whose rows say what they said; which titles got something, and what is
    kept out still. Of `lacking` are the ids. Nothing else of these titles is written.
    """
    rows = {each.content_id: each.row for each in found}
    added, kept_out = children_add(rows, frozenset().union(*lacking.values()))
    ids_claim(
        Pair(row.content_id, Ref(row.scheme, row.value))
        for row in added
        if isinstance(row, models.ExternalId)
    )
    still = _still_kept_out(found, kept_out)
    _write_sources(
        scheme, [each for each in found if still[each.content_id] != lacking[each.content_id]], still, now
    )
    completed = {row.content_id for row in added}
    if completed:
        contents_touch(completed)
    return completed, kept_out


def _still_kept_out(found: Collection[TitledRow], kept_out: Collection[KeptOut]) -> dict[UUID, set[UUID]]:
    """The ids of what may come in once there is a place for it, by title."""
    ids = {each.content_id: set(each.refused_children) for each in found}
    for each in kept_out:
        if each.child_id is not None:
            ids[each.content_id].add(each.child_id)
    return ids


def _moved_people(said: Said, known: Known) -> MovedPeople:
    """With those whom only the records of the last import name: a merge is no correction of their credits."""
    named = {
        person_id(credit.name, credit.person) for before in said.values() for credit in before.title.credits
    }
    others = people_by_id(named - known.names.keys())
    return known.moved | {key: into for key, (_, into) in others.items() if into is not None}


def _write_titles(rows: Rows, said: Said) -> None:
    titles = Content.objects.using(CATALOG).filter(content_id__in=rows).order_by("content_id")
    changed = [title for title in titles if _take_over(title, rows, said)]
    Content.objects.using(CATALOG).bulk_create(
        changed,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["content_id"],
        update_fields=COMPARED,
    )


def _take_over(held: Content, rows: Rows, said: Said) -> bool:
    """Sets what the source says and nobody else has said; whether anything differs."""
    new, before = rows[held.content_id].title, said.get(held.content_id)
    lacking, differs = _lacking(held), False
    for name in COMPARED:
        value, current = _plain(getattr(new, name)), getattr(held, name)
        ours = before is not None and current == _plain(getattr(before.title, name))
        if value == current or _keeps_its_date(held, name, value):
            continue
        if ours or name in lacking:
            setattr(held, name, value)
            differs = True
    return differs


def _lacking(held: Content) -> set[str]:
    """Columns that nobody has said anything in. Of no rating, that nobody rated is nothing said either."""
    lacking = {name for name in COMPARED if getattr(held, name) in NOTHING}
    if "rating" in lacking and not held.rating_count:
        lacking.add("rating_count")
    return lacking


def _keeps_its_date(held: Content, name: str, value: object) -> bool:
    """No row is published without a date: the database refuses it. Whether a title is public the editors say."""
    return name == "published_at" and value is None and held.status == Content.Status.PUBLISHED


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _write_claims(found: Collection[TitledRow], said: Said) -> None:
    """Gives up the claims to what the source says no longer, and makes those to what it says anew."""
    gone: list[Pair] = []
    anew: list[Pair] = []
    for each in found:
        before = said.get(each.content_id)
        old = set(before.title.external_ids) if before else set()
        kept = _claimed(each.content_id, before) if before and before.is_whole else set()
        gone += _pairs(each.content_id, old.difference(each.row.title.external_ids))
        anew += _pairs(each.content_id, [one for one in each.row.title.external_ids if one not in kept])
    given_up = _given_up(gone)
    claims_release(content_ids={pair.content_id for pair in given_up}, refs={pair.ref for pair in given_up})
    ids_claim(anew)


def _claimed(content_id: UUID, before: Before) -> set[ExternalId]:
    said = before.title.external_ids
    return {each for each in said if external_id_id(content_id, each) not in before.kept_out}


def _pairs(content_id: UUID, said: Iterable[ExternalId]) -> list[Pair]:
    return [Pair(content_id, Ref(*each)) for each in said]


def _given_up(pairs: Collection[Pair]) -> list[Pair]:
    """Those that are the title's and that it has no row of any more: an id that was refused is another title's, and one
    that an editor entered as well stays.
    """
    if not pairs:
        return []
    owners = claims_by_id({pair.ref for pair in pairs})
    rows = models.ExternalId.objects.using(CATALOG).order_by()
    rows = rows.filter(
        content_id__in={pair.content_id for pair in pairs}, value__in={pair.ref.value for pair in pairs}
    )
    left = {
        Pair(content_id, Ref(scheme, value))
        for content_id, scheme, value in rows.values_list("content_id", "scheme", "value")
    }
    return [pair for pair in pairs if owners.get(pair.ref) == pair.content_id and pair not in left]


def _write_links(field: str, rows: Rows, said: Said, ids: Mapping[str, int]) -> None:
    links = getattr(Content, field).through
    key = links._meta.get_field(TERMS[field]._meta.model_name).attname
    gone: dict[str, list[UUID]] = {}
    added = []
    for content_id, row in rows.items():
        names, before = set(getattr(row.title, field)), said.get(content_id)
        old = set(getattr(before.title, field)) if before else set()
        for name in old - names:
            gone.setdefault(name, []).append(content_id)
        settled = old if before and before.is_whole else set()
        added += [links(content_id=content_id, **{key: ids[name]}) for name in sorted(names - settled)]
    for name, number in term_ids(field, gone).items():
        links.objects.using(CATALOG).filter(content_id__in=gone[name], **{key: number}).delete()
    links.objects.using(CATALOG).bulk_create(added, batch_size=AT_ONCE, ignore_conflicts=True)


def _write_sources(
    scheme: str, found: Collection[TitledRow], kept_out: Mapping[UUID, set[UUID]], now: datetime
) -> None:
    Source.objects.using(CATALOG).bulk_create(
        [
            Source(
                id=source_id(content_id, scheme, row.key),
                content_id=content_id,
                scheme=scheme,
                value=row.key,
                record=row.record,
                digest=row.digest,
                kept_out=sorted(kept_out[content_id]) or None,
                imported_at=now,
            )
            for content_id, row, _ in found
        ],
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["content", "scheme", "value"],
        update_fields=["record", "digest", "kept_out", "imported_at"],
    )
