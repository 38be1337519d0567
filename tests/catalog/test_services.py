"""Writes of the catalog where two meet; what one alone does is tested through the admin and on Citus."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections, transaction

from catalog.locking import contents_lock
from catalog.models import Content, Credit, Person
from catalog.selectors import content_record
from catalog.services import contents_touch, person_save
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from tests.factories import ContentFactory, PersonFactory
from tests.served import until
from tests.waiting import waits_in_catalog


def test_a_person_renamed_while_an_import_credits_them_is_served_with_the_new_name(stores: None) -> None:
    """Keeps away: the old name cached for a title that was credited between the rename and its commit."""
    person, content = PersonFactory(name="Norma Jeane"), ContentFactory()

    with ThreadPoolExecutor(1) as importing, transaction.atomic(using=CATALOG):
        person.name = "Marilyn Monroe"
        person_save(person=person)
        read = importing.submit(_credit_and_read, content, person)
        until(lambda: waits_in_catalog(statement="%advisory%"), "the import waits")

    assert read.result() == ["Marilyn Monroe"]
    assert _cast(content) == ["Marilyn Monroe"]


def _credit_and_read(content: Content, person: Person) -> list[str]:
    """As an import does, which holds titles and not people."""
    try:
        with mixed_transaction(CATALOG):
            contents_lock([content.content_id])
            Credit.objects.create(content=content, person=person)
            contents_touch([content.content_id])
        return _cast(content)
    finally:
        connections.close_all()


def _cast(content: Content) -> list[str]:
    record = content_record(content_id=content.content_id)
    assert record is not None
    return [part["person_name"] for part in record["cast"]]
