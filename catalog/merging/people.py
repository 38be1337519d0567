"""Merging people. See `catalog.merging`.

A person may have ten thousand credits, on every shard: they follow in batches, each a transaction of its own, so that
no title is locked and the feed is not held up for longer than one batch takes. Who the person is now is said first; a
merge that was cut off is finished by asking for it again, and so is its undoing.

Entry points: `people_merge`, `person_unmerge`. Failure: `CannotMerge`; `django.db.Error`s.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Value, When
from django.utils import timezone

from catalog.locking import contents_lock, people_lock
from catalog.merging.refusing import CannotMerge
from catalog.models import Content, Credit, Person, PersonMerge
from catalog.services import contents_touch
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from streaming.stores.units import counted

AT_ONCE = 500  # credits in a transaction
FILLED = ("role", "biography", "date_of_birth", "date_of_death")


def people_merge(*, loser_id: UUID, survivor_id: UUID) -> int:
    """The loser is the survivor from now on: their credits, and their address. How many credits that were.

    A credit without a name as printed keeps the loser's name as that, where it is another. One that the survivor has as
    well, for the same job and character, is there once. Raises `CannotMerge`.
    """
    if loser_id == survivor_id:
        raise CannotMerge("A person cannot be merged into themselves.")
    while not _is_begun(loser_id, survivor_id):
        pass
    repointed = 0
    while (batch := _repoint(loser_id, survivor_id)) is not None:
        repointed += batch
    return repointed


def person_unmerge(*, person_id: UUID) -> list[str]:
    """Gives a merged person their credits back, those that are still the survivor's; what could not be, in sentences.

    Raises `CannotMerge`; also half-way, where somebody merges the survivor meanwhile: that merge is to be undone first,
    and this one then goes on.
    """
    merge = _merge_of(person_id)
    if merge is None:
        raise CannotMerge(f"No person {person_id} was merged into another one.")
    into_id = UUID(merge.undo["into"])
    lost = 0
    while (batch := _return(person_id, into_id)) is not None:
        lost += batch
    kept = _end(person_id, into_id)
    return (
        [f"{counted(lost, 'credit was', 'credits were')} changed or deleted since"] if lost else []
    ) + kept


def _is_begun(loser_id: UUID, survivor_id: UUID) -> bool:
    """Says who the loser is now. False where somebody else was merged into the loser since it was asked who is to be
    held: a credit that is saved for one of those is led to the loser, and must not be while the loser stops being
    somebody. Nobody else is once the loser is held."""
    held = set(_followers_of(loser_id))
    with mixed_transaction(CATALOG):
        people_lock([loser_id, survivor_id, *held])
        followers = _followers_of(loser_id)
        if not held.issuperset(followers):
            return False
        _begin(*_found(loser_id, survivor_id), followers)
    return True


def _followers_of(person_id: UUID) -> list[UUID]:
    """Who was merged into them before."""
    followers = Person.objects.using(CATALOG).filter(merged_into=person_id).order_by()
    return list(followers.values_list("person_id", flat=True))


def _found(*person_ids: UUID) -> tuple[Person, Person]:
    found = Person.objects.using(CATALOG).in_bulk(person_ids)
    for person_id in person_ids:
        if person_id not in found:
            raise CannotMerge(f"There is no person {person_id}.")
    loser, survivor = (found[person_id] for person_id in person_ids)
    return loser, survivor


def _begin(loser: Person, survivor: Person, followers: Sequence[UUID]) -> None:
    """Nothing to do where the same merge was begun before."""
    if loser.merged_into_id == survivor.person_id:
        return
    for person in (loser, survivor):
        if person.merged_into_id:
            raise CannotMerge(f"{person} ({person.pk}) is merged already: take the person they are now.")
    people = Person.objects.using(CATALOG)
    filled = {
        name: getattr(loser, name) for name in FILLED if getattr(loser, name) and not getattr(survivor, name)
    }
    people.filter(person_id__in=[*followers, loser.pk]).update(merged_into=survivor)
    if filled:
        people.filter(person_id=survivor.pk).update(**filled)
    undo = {
        "into": str(survivor.pk),
        "filled": {name: str(value) for name, value in filled.items()},
        "followers": list(map(str, followers)),
        "moved": [],
        "dropped": [],
    }
    PersonMerge.objects.using(CATALOG).create(person=loser, merged_at=timezone.now(), undo=undo)


def _repoint(loser_id: UUID, survivor_id: UUID) -> int | None:
    """The next credits of the loser; how many there were. None at the end."""
    with mixed_transaction(CATALOG):
        people_lock([loser_id, survivor_id])
        merge = _merge_of(loser_id)
        credits = Credit.objects.using(CATALOG)
        theirs = credits.filter(person=loser_id).order_by("content_id", "id")
        ids = set(theirs.values_list("content_id", flat=True)[:AT_ONCE])
        if merge is None or not ids:
            return None
        contents_lock(ids)
        batch = list(theirs.filter(content_id__in=ids)[:AT_ONCE])
        has = set(map(_part, credits.filter(person=survivor_id, content_id__in=ids)))
        twice = [row for row in batch if _part(row) in has]
        moved = [row for row in batch if _part(row) not in has]
        _of(moved).update(person=survivor_id, credited_as=_printed(merge.person, survivor_id))
        _of(twice).delete()
        merge.undo["moved"] += [[str(row.content_id), str(row.pk), row.credited_as] for row in moved]
        merge.undo["dropped"] += [_values(row) for row in twice]
        merge.save(using=CATALOG, update_fields=["undo"])
        contents_touch(ids)
    return len(batch)


def _printed(loser: Person, survivor_id: UUID) -> Any:
    """The name that a credit has as printed when it is the survivor's."""
    survivor = Person.objects.using(CATALOG).get(person_id=survivor_id)
    if survivor.name == loser.name:
        return F("credited_as")
    return Case(When(credited_as="", then=Value(loser.name)), default=F("credited_as"))


def _return(person_id: UUID, into_id: UUID) -> int | None:
    """Gives the next credits back; how many were no longer the survivor's. None at the end."""
    with mixed_transaction(CATALOG):
        merge = _held(person_id, into_id)
        if merge is None:
            return None
        moved, dropped = merge.undo["moved"][:AT_ONCE], merge.undo["dropped"][:AT_ONCE]
        if not moved and not dropped:
            return None
        contents_lock(_titles_in(moved, dropped))
        printed = {UUID(key): (UUID(content_id), text) for content_id, key, text in moved}
        rows = Credit.objects.using(CATALOG).filter(person=into_id, pk__in=list(printed))
        there = list(rows.filter(content_id__in={content_id for content_id, _ in printed.values()}))
        unnamed = [row for row in there if not printed[row.pk][1] and row.credited_as == merge.person.name]
        _of(unnamed).update(credited_as="")
        _of(there).update(person=person_id)
        again = _again(dropped)
        # An import may have put one back, under its id: that is the survivor's then.
        Credit.objects.using(CATALOG).bulk_create(again, ignore_conflicts=True)
        _of(again).filter(person=into_id).update(person=person_id)
        returned = len(there) + _of(again).filter(person=person_id).count()
        merge.undo["moved"], merge.undo["dropped"] = (
            merge.undo["moved"][AT_ONCE:],
            merge.undo["dropped"][AT_ONCE:],
        )
        merge.save(using=CATALOG, update_fields=["undo"])
        contents_touch({row.content_id for row in (*there, *again)})
    return len(moved) + len(dropped) - returned


def _end(person_id: UUID, into_id: UUID) -> list[str]:
    with mixed_transaction(CATALOG):
        merge = _held(person_id, into_id)
        if merge is None:
            return []
        people = Person.objects.using(CATALOG)
        survivor = people.get(person_id=into_id)
        filled = merge.undo["filled"]
        untouched = [name for name, value in filled.items() if str(getattr(survivor, name)) == value]
        if untouched:
            fields: Any = {name: Person._meta.get_field(name) for name in untouched}
            empty = {name: None if field.null else "" for name, field in fields.items()}
            people.filter(person_id=into_id).update(**empty)
        people.filter(person_id__in=merge.undo["followers"], merged_into=into_id).update(
            merged_into=person_id
        )
        people.filter(person_id=person_id).update(merged_into=None)
        merge.delete()
    return [f"{name.replace('_', ' ')} was changed since" for name in filled if name not in untouched]


def _held(person_id: UUID, into_id: UUID) -> PersonMerge | None:
    """A merge that may be undone, and is nobody else's until the end of the transaction; None once it is undone."""
    people_lock([person_id, into_id])
    merge = _merge_of(person_id)
    if merge is not None and merge.person.merged_into_id != into_id:
        raise CannotMerge(f"{into_id}, whom they were merged into, was merged since: undo that merge first.")
    return merge


def _merge_of(person_id: UUID) -> PersonMerge | None:
    merges = PersonMerge.objects.using(CATALOG)
    return merges.select_related("person").filter(person=person_id).first()


def _of(rows: Sequence[Credit]) -> Any:
    """By the titles as well: on Citus they say on which shards the rows lie."""
    credits = Credit.objects.using(CATALOG).filter(content_id__in={row.content_id for row in rows})
    return credits.filter(pk__in=[row.pk for row in rows])


def _part(row: Credit) -> tuple[UUID, str, str]:
    _, job, character = row.part
    return row.content_id, job, character


def _values(row: Credit) -> dict[str, Any]:
    return {field.attname: field.value_to_string(row) for field in row._meta.concrete_fields}


def _titles_in(moved: Sequence[Sequence[str]], dropped: Sequence[dict[str, Any]]) -> set[UUID]:
    return {UUID(each[0]) for each in moved} | {UUID(each["content_id"]) for each in dropped}


def _again(dropped: Sequence[dict[str, Any]]) -> list[Credit]:
    """Of titles that are still there."""
    titles = Content.objects.using(CATALOG).filter(content_id__in=[each["content_id"] for each in dropped])
    there = {str(content_id) for content_id in titles.values_list("content_id", flat=True)}
    fields = Credit._meta.concrete_fields
    return [
        Credit(**{field.attname: field.to_python(each[field.attname]) for field in fields})
        for each in dropped
        if each["content_id"] in there
    ]
