"""What titles share: people, genres, keywords, studios."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from catalog.models import Credit, Person, SearchDocument
from catalog.services.touching import contents_forget, contents_touch
from catalog.terms import Term, ids_in_document
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import forget_all
from streaming.stores.citus.writing import mixed_transaction


def person_save(*, person: Person) -> Person:
    with mixed_transaction(CATALOG):
        person.save(using=CATALOG)
        contents_touch(_contents_of(person))
        # Asked again after the commit: a credit that another editor committed meanwhile is not among those above.
        transaction.on_commit(lambda: contents_forget(content_ids=_contents_of(person)), using=CATALOG)
    return person


def people_delete(*, person_ids: Collection[UUID]) -> None:
    """Deletes people, all or none. Raises `django.db.models.ProtectedError` while one is credited anywhere."""
    with mixed_transaction(CATALOG):
        Person.objects.using(CATALOG).filter(person_id__in=person_ids).delete()


def term_save(*, term: Term) -> Term:
    """Adds or renames a genre, keyword or studio. `updated_at` of its titles stays: they may be a hundred thousand.

    Nothing that is served depends on it: every cached record is forgotten, and an ETag is made of the answer. The
    titles' documents are marked stale in one statement, and the worker writes them anew.
    """
    with mixed_transaction(CATALOG):
        added = term._state.adding
        term.save(using=CATALOG)
        if not added:
            _documents_with(type(term), [term.pk]).update(is_stale=True)
        transaction.on_commit(forget_all, using=CATALOG)
    return term


def terms_delete(*, model: type[Term], keys: Collection[int]) -> None:
    """Deletes genres, keywords or studios, all or none; their titles stay, without them (see `term_save`)."""
    with mixed_transaction(CATALOG):
        _documents_with(model, keys).update(is_stale=True)
        model._default_manager.using(CATALOG).filter(pk__in=keys).delete()
        transaction.on_commit(forget_all, using=CATALOG)


def _documents_with(model: type[Term], keys: Collection[int]) -> QuerySet[SearchDocument]:
    documents = SearchDocument.objects.using(CATALOG).order_by()
    return documents.filter(**{f"{ids_in_document(model)}__overlap": list(keys)})


def _contents_of(person: Person) -> list[UUID]:
    """Each title once. On Citus this asks every shard: a person's credits lie with their titles, on all of them."""
    credited = Credit.objects.using(CATALOG).filter(person=person).order_by()
    return list(credited.values_list("content_id", flat=True).distinct())
