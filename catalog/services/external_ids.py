"""External ids of titles, each of one title only.

`external_id_claims` has one row for each id, and its unique key decides whose an id is: a claim is inserted, and the
same statement returns whose it was already. Nothing is looked up first, so two titles that claim an id at once cannot
both have it, and nobody has to tell a violated constraint from what Citus makes of one. The statement locks the claims
it meets until the transaction ends, so that none is released between its answer and the title's row.

Entry points: `external_ids_add`, `external_ids_remove`, for one title; `external_ids_claim`, for many;
`external_ids_release` and `external_ids_move` within a larger change; `rows_claim`, `claims_take` and `claims_release`,
for who writes the rows of `ExternalId` itself. Titles are held before their ids are claimed (`catalog.locking`).
Failure: `ExternalIdTaken`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connections, transaction

from catalog.locking import contents_lock
from catalog.models import ExternalId, ExternalIdClaim
from catalog.refusing import ChangeRefused
from catalog.registries import Ref, canonical_ref
from catalog.selectors import any_titles_by_id
from catalog.services.touching import contents_touch
from streaming.stores.aliases import CATALOG

AT_ONCE = 1000
CLAIMS_AT_ONCE = 5000
# The update changes nothing: it locks the claim, and has its owner returned. In arrays: imports claim thousands.
CLAIM = """
INSERT INTO external_id_claims AS known (id, scheme, value, content_id)
SELECT * FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[], %s::uuid[])
    ON CONFLICT (value, scheme) DO UPDATE SET content_id = known.content_id
RETURNING scheme, value, content_id
"""


class Pair(NamedTuple):
    """A title and an id that it is to have; the id as `canonical_ref` makes it."""

    content_id: UUID
    ref: Ref


class Conflict(NamedTuple):
    """An id that a title was to have and another one has."""

    content_id: UUID
    ref: Ref
    owner_id: UUID


class ExternalIdTaken(ChangeRefused):
    """Another title has the id; the message names both. `conflicts` are all that stood in the way."""

    def __init__(self, conflicts: Sequence[Conflict], *, titles: Mapping[UUID, str]) -> None:
        named = (
            f"{ref} is the id of “{titles.get(owner_id, 'a title')}” ({owner_id})"
            for _, ref, owner_id in conflicts
        )
        super().__init__(f"{'; '.join(named)}.")
        self.conflicts = conflicts


def _refuse_taken(conflicts: Sequence[Conflict]) -> None:
    """Raises `ExternalIdTaken` where there are any."""
    if conflicts:
        titles = any_titles_by_id({conflict.owner_id for conflict in conflicts})
        raise ExternalIdTaken(conflicts, titles=titles)


def external_ids_add(*, content_id: UUID, refs: Collection[Ref]) -> None:
    """Gives a title these ids; those that it has stay. Raises `ExternalIdTaken`, and then adds none."""
    with transaction.atomic(using=CATALOG):
        contents_lock([content_id])
        _refuse_taken(external_ids_claim(pairs=[Pair(content_id, ref) for ref in refs]))
        contents_touch([content_id])


def external_ids_remove(*, content_id: UUID, refs: Collection[Ref]) -> None:
    """Takes these ids from a title; those that it does not have are passed over."""
    with transaction.atomic(using=CATALOG):
        contents_lock([content_id])
        external_ids_release(content_id=content_id, refs=refs)
        contents_touch([content_id])


def external_ids_release(*, content_id: UUID, refs: Collection[Ref]) -> None:
    """`external_ids_remove` in a transaction whose caller locks the title before and touches it after."""
    if not refs:
        return
    claims_release(content_ids=[content_id], refs=refs)
    values = {ref.value for ref in refs}
    rows = ExternalId.objects.using(CATALOG).filter(content_id=content_id, value__in=values)
    gone = [row.pk for row in rows if Ref(row.scheme, row.value) in refs]
    ExternalId.objects.using(CATALOG).filter(content_id=content_id, pk__in=gone).delete()


def external_ids_move(*, from_id: UUID, into_id: UUID, refs: Collection[Ref]) -> None:
    """Gives ids of one title to another one, in a transaction whose caller locks both before and touches both after.

    Raises `ExternalIdTaken`: another writer may take one between the two.
    """
    external_ids_release(content_id=from_id, refs=refs)
    _refuse_taken(external_ids_claim(pairs=[Pair(into_id, ref) for ref in refs]))


def external_ids_claim(*, pairs: Iterable[Pair]) -> list[Conflict]:
    """Gives titles ids, as many as there are, in a few statements; those that could not be given, with who has them.

    To be called in a transaction, whose caller locks the titles before and touches them after. Of two pairs with one id
    the first gets it.
    """
    wanted = list(dict.fromkeys(pairs))
    conflicts = claims_take(pairs=wanted)
    refused = {(conflict.content_id, conflict.ref) for conflict in conflicts}
    rows = [
        ExternalId(content_id=pair.content_id, scheme=pair.ref.scheme, value=pair.ref.value)
        for pair in wanted
        if pair not in refused
    ]
    ExternalId.objects.using(CATALOG).bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True)
    return conflicts


def rows_claim(*, content_id: UUID, saved: Sequence[ExternalId], deleted: Sequence[ExternalId]) -> None:
    """Claims the ids of rows that are about to be saved, and releases those of rows that had another or are deleted.

    Their schemes and values become canonical. Raises `ExternalIdTaken`, `catalog.registries.NoExternalId`.
    """
    if not saved and not deleted:
        return
    for row in saved:
        row.scheme, row.value = canonical_ref(row.scheme, row.value)
    kept = {Ref(row.scheme, row.value) for row in saved}
    keys = [row.pk for row in (*saved, *deleted)]
    before = ExternalId.objects.using(CATALOG).filter(content_id=content_id, pk__in=keys)
    had = {Ref(scheme, value) for scheme, value in before.values_list("scheme", "value")}
    claims_release(content_ids=[content_id], refs=had - kept)
    _refuse_taken(claims_take(pairs=[Pair(content_id, ref) for ref in kept]))


def claims_release(*, content_ids: Collection[UUID], refs: Collection[Ref]) -> None:
    """Frees these ids, as far as they are of these titles."""
    claims = ExternalIdClaim.objects.using(CATALOG)
    for some in _batches(sorted(refs, key=_by_value), AT_ONCE):
        # By value as well: on Citus it says on which shards they lie.
        of_these = claims.filter(value__in={ref.value for ref in some}, id__in=list(map(str, some)))
        of_these.filter(content_id__in=content_ids).delete()


def claims_take(*, pairs: Sequence[Pair]) -> list[Conflict]:
    """Claims ids for titles, as many as there are; those that could not be had, with who has them.

    To be called in the transaction that writes the rows. Of two pairs with one id the first gets it.
    """
    wanted: dict[Ref, UUID] = {}
    for pair in pairs:
        wanted.setdefault(pair.ref, pair.content_id)
    owners: dict[Ref, UUID] = {}
    # In the order of the key, so that two writers cannot wait for each other.
    for some in _batches(sorted(wanted, key=_by_value), CLAIMS_AT_ONCE):
        owners |= _insert([(ref, wanted[ref]) for ref in some])
    return [Conflict(content_id, ref, owners[ref]) for content_id, ref in pairs if owners[ref] != content_id]


def _insert(claims: Sequence[tuple[Ref, UUID]]) -> dict[Ref, UUID]:
    """Whose each of these is now."""
    columns = [
        list(column) for column in zip(*((str(ref), *ref, str(owner)) for ref, owner in claims), strict=True)
    ]
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(CLAIM, columns)
        return {Ref(scheme, value): owner for scheme, value, owner in cursor.fetchall()}


def _by_value(ref: Ref) -> tuple[str, str]:
    return ref.value, ref.scheme


def _batches(refs: Sequence[Ref], size: int) -> Iterator[Sequence[Ref]]:
    return (refs[start : start + size] for start in range(0, len(refs), size))
