"""What titles share: people, genres, keywords, studios.

A name is in the documents of titles, and one that is being written may get it from what is read before the new name is
committed. So who changes or deletes one holds all titles (`catalog.locking`): what is marked is then all there is.

Entry points: `person_save`, `people_delete`, `term_save`, `terms_delete`. Failure: `ChangeRefused`; `django.db.Error`s.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from catalog.locking import all_contents_lock, people_lock
from catalog.models import Credit, Person, SearchDocument
from catalog.refusing import ChangeRefused
from catalog.services.touching import contents_touch
from catalog.terms import Term, ids_in_document
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import forget_all
from streaming.stores.citus.writing import mixed_transaction

# Whom a person was merged into is written by `catalog.merging` alone.
PERSON_SAVED = ("name", "role", "biography", "date_of_birth", "date_of_death")


def person_save(*, person: Person) -> Person:
    """Adds or changes a person. At once their titles' records show it, `updated_at` moves and the feed of changes notes
    them, all in a fixed number of statements; the titles' search documents, of which there may be ten thousand, are
    marked stale, and the worker writes them anew: a new name is found after its next round.

    Raises `ChangeRefused` for one who was deleted or merged meanwhile.
    """
    with mixed_transaction(CATALOG):
        if person._state.adding:
            person.save(using=CATALOG)
            return person
        people_lock([person.person_id])
        all_contents_lock()
        _refuse_gone(person)
        person.save(using=CATALOG, update_fields=PERSON_SAVED)
        contents_touch(_contents_of(person), documents_later=True)
    return person


def _refuse_gone(person: Person) -> None:
    rows = Person.objects.using(CATALOG).filter(person_id=person.person_id)
    into = list(rows.values_list("merged_into_id", flat=True))
    if not into:
        raise ChangeRefused(f"“{person}” ({person.person_id}) was deleted.")
    if into[0] is not None:
        raise ChangeRefused(f"“{person}” ({person.person_id}) was merged into another person ({into[0]}).")


def people_delete(*, person_ids: Collection[UUID]) -> None:
    """Deletes people, all or none. Raises `django.db.models.ProtectedError` while one is credited anywhere."""
    with mixed_transaction(CATALOG):
        Person.objects.using(CATALOG).filter(person_id__in=person_ids).delete()


def term_save(*, term: Term) -> Term:
    """Adds or renames a genre, keyword or studio. `updated_at` of its titles stays: they may be a hundred thousand.

    Nothing that is served depends on it: every cached record is forgotten, and an ETag is made of the answer. The
    titles' documents are marked stale in one statement; the worker writes them anew, and notes their titles in the feed
    of changes as it comes to them.
    """
    with mixed_transaction(CATALOG):
        if not term._state.adding:
            all_contents_lock()
            _mark_with(type(term), [term.pk])
        term.save(using=CATALOG)
        transaction.on_commit(forget_all, using=CATALOG)
    return term


def terms_delete(*, model: type[Term], keys: Collection[int]) -> None:
    """Deletes genres, keywords or studios, all or none; their titles stay, without them (see `term_save`)."""
    with mixed_transaction(CATALOG):
        all_contents_lock()
        _mark_with(model, keys)
        model._default_manager.using(CATALOG).filter(pk__in=keys).delete()
        transaction.on_commit(forget_all, using=CATALOG)


def _mark_with(model: type[Term], keys: Collection[int]) -> None:
    documents = SearchDocument.objects.using(CATALOG).order_by()
    documents.filter(**{f"{ids_in_document(model)}__overlap": list(keys)}).update(is_stale=True)


def _contents_of(person: Person) -> list[UUID]:
    """Each title once. On Citus this asks every shard: a person's credits lie with their titles, on all of them."""
    credited = Credit.objects.using(CATALOG).filter(person=person).order_by()
    return list(credited.values_list("content_id", flat=True).distinct())
