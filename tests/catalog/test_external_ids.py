"""External ids: of one title each, whoever claims them and however many at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Content, ExternalId, ExternalIdClaim
from catalog.registries import Ref
from catalog.selectors import titles_by_external_ids
from catalog.services import (
    Conflict,
    ExternalIdTaken,
    Pair,
    children_save,
    content_delete,
    contents_delete,
    external_ids_add,
    external_ids_claim,
    external_ids_remove,
)
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory, ExternalIdFactory
from tests.served import until
from tests.waiting import waits_in_catalog

pytestmark = pytest.mark.usefixtures("stores")

IMDB, OTHER, EIDR = (
    Ref("imdb", "tt0017136"),
    Ref("imdb", "tt0000001"),
    Ref("eidr", "10.5240/7791-8534-2C23-9030-8610-5"),
)


def ids_of(content: Content) -> list[Ref]:
    rows = ExternalId.objects.filter(content=content).order_by("scheme", "value")
    return [Ref(row.scheme, row.value) for row in rows]


def claims() -> dict[Ref, Any]:
    return {Ref(row.scheme, row.value): row.content_id for row in ExternalIdClaim.objects.all()}


def test_ids_are_added_with_their_claims_and_again_changes_nothing() -> None:
    content = ContentFactory()

    for _ in range(2):
        external_ids_add(content_id=content.content_id, refs=[IMDB, EIDR])

    assert ids_of(content) == [EIDR, IMDB]
    assert claims() == {EIDR: content.content_id, IMDB: content.content_id}
    assert {claim.id for claim in ExternalIdClaim.objects.all()} == {str(EIDR), str(IMDB)}


def test_an_id_of_another_title_is_refused_by_its_name_and_nothing_is_added() -> None:
    first, second = ContentFactory(title="Metropolis"), ContentFactory()
    external_ids_add(content_id=first.content_id, refs=[IMDB])

    with pytest.raises(ExternalIdTaken) as refused:
        external_ids_add(content_id=second.content_id, refs=[EIDR, IMDB])

    assert str(refused.value) == f"imdb:tt0017136 is the id of “Metropolis” ({first.content_id})."
    assert refused.value.conflicts == [Conflict(second.content_id, IMDB, first.content_id)]
    assert (ids_of(second), claims()) == ([], {IMDB: first.content_id})


def test_what_is_removed_is_free_for_another_title() -> None:
    first, second = ContentFactory(), ContentFactory()
    external_ids_add(content_id=first.content_id, refs=[IMDB, EIDR])

    external_ids_remove(content_id=second.content_id, refs=[IMDB])
    external_ids_remove(content_id=first.content_id, refs=[IMDB, OTHER])
    external_ids_add(content_id=second.content_id, refs=[IMDB])

    assert (ids_of(first), ids_of(second)) == ([EIDR], [IMDB])
    assert claims() == {EIDR: first.content_id, IMDB: second.content_id}


def test_of_many_the_conflicts_are_named_and_the_others_granted() -> None:
    first, second = ContentFactory(), ContentFactory()
    external_ids_add(content_id=first.content_id, refs=[IMDB])
    pairs = [
        Pair(second.content_id, IMDB),
        Pair(second.content_id, EIDR),
        Pair(first.content_id, EIDR),
        Pair(first.content_id, IMDB),
        Pair(first.content_id, OTHER),
        Pair(first.content_id, OTHER),
    ]

    with transaction.atomic(using=CATALOG):
        conflicts = external_ids_claim(pairs=pairs)

    assert conflicts == [
        Conflict(second.content_id, IMDB, first.content_id),
        Conflict(first.content_id, EIDR, second.content_id),
    ]
    assert (ids_of(first), ids_of(second)) == ([OTHER, IMDB], [EIDR])


def test_five_thousand_cost_one_statement_for_the_claims_and_five_for_the_rows() -> None:
    content, other = ContentFactory(), ContentFactory()
    refs = [Ref("house", f"{number}") for number in range(5000)]
    external_ids_add(content_id=other.content_id, refs=refs[:3])

    with CaptureQueriesContext(connections[CATALOG]) as queries, transaction.atomic(using=CATALOG):
        conflicts = external_ids_claim(pairs=[Pair(content.content_id, ref) for ref in refs])

    statements = [query["sql"] for query in queries if query["sql"].lstrip().startswith("INSERT")]
    assert len(statements) == 6
    assert (len(conflicts), len(ids_of(content))) == (3, 4997)


def test_two_titles_that_claim_an_id_at_once_do_not_both_have_it() -> None:
    first, second = ContentFactory(), ContentFactory()
    with ThreadPoolExecutor(1) as other_writer:
        with transaction.atomic(using=CATALOG):
            external_ids_add(content_id=first.content_id, refs=[IMDB])
            waiting = other_writer.submit(_add_closing, second, IMDB)
            until(lambda: waits_in_catalog(statement="%external_id_claims%"), "a claim waits")
        refused = waiting.result()

    assert isinstance(refused, ExternalIdTaken)
    assert (ids_of(first), ids_of(second)) == ([IMDB], [])


def test_an_id_whose_claim_is_rolled_back_goes_to_who_waited() -> None:
    first, second = ContentFactory(), ContentFactory()
    with ThreadPoolExecutor(1) as other_writer:
        with transaction.atomic(using=CATALOG):
            external_ids_add(content_id=first.content_id, refs=[IMDB])
            waiting = other_writer.submit(_add_closing, second, IMDB)
            until(lambda: waits_in_catalog(statement="%external_id_claims%"), "a claim waits")
            transaction.set_rollback(True, using=CATALOG)
        assert waiting.result() is None

    assert (ids_of(first), ids_of(second)) == ([], [IMDB])
    assert claims() == {IMDB: second.content_id}


def test_a_claim_met_while_it_is_being_released_is_taken_after_the_release() -> None:
    """Keeps away: a title's row without a claim, because the claim it met went with the other transaction."""
    content, other = ContentFactory(), ContentFactory()
    external_ids_add(content_id=content.content_id, refs=[IMDB])
    with ThreadPoolExecutor(1) as other_writer:
        with transaction.atomic(using=CATALOG):
            external_ids_remove(content_id=content.content_id, refs=[IMDB])
            waiting = other_writer.submit(_add_closing, other, IMDB)
            until(lambda: waits_in_catalog(statement="%external_id_claims%"), "a claim waits")
        assert waiting.result() is None

    assert (ids_of(other), claims()) == ([IMDB], {IMDB: other.content_id})


def test_many_writers_of_few_ids_leave_each_with_one_title_and_one_claim() -> None:
    contents = ContentFactory.create_batch(6)
    refs = [Ref("house", str(number)) for number in range(4)]
    start = threading.Barrier(len(contents))

    def write(place: int) -> None:
        start.wait()
        for turn in range(12):
            ref = refs[(turn + place) % len(refs)]
            taken = _add_closing(contents[place], ref)
            if taken is None and turn % 3 == 0:
                external_ids_remove(content_id=contents[place].content_id, refs=[ref])
        connections.close_all()

    with ThreadPoolExecutor(len(contents)) as writers:
        list(writers.map(write, range(len(contents))))

    rows = ExternalId.objects.values_list("scheme", "value", "content_id")
    assert {Ref(scheme, value): content_id for scheme, value, content_id in rows} == claims()
    assert ExternalId.objects.count() == len(claims())


def test_the_rows_of_an_editor_s_form_are_claimed_changed_and_released() -> None:
    content, other = ContentFactory(), ContentFactory(title="Die Nibelungen")
    external_ids_add(content_id=other.content_id, refs=[OTHER])
    row = ExternalId(content=content, scheme=" IMDB", value="TT0017136 ")

    children_save(content=content, saved=[row], deleted=[])
    assert claims() == {IMDB: content.content_id, OTHER: other.content_id}
    row.scheme, row.value = EIDR
    children_save(content=content, saved=[row], deleted=[])
    assert claims() == {EIDR: content.content_id, OTHER: other.content_id}
    row.scheme, row.value = OTHER
    with pytest.raises(ExternalIdTaken, match="Die Nibelungen"):
        children_save(content=content, saved=[row], deleted=[])
    assert (ids_of(content), claims()) == ([EIDR], {EIDR: content.content_id, OTHER: other.content_id})

    children_save(content=content, saved=[], deleted=[ExternalId.objects.get(content=content)])
    assert (ids_of(content), claims()) == ([], {OTHER: other.content_id})


def test_a_form_makes_an_id_canonical_or_says_what_one_looks_like() -> None:
    row = ExternalId(content_id=uuid4(), scheme="IMDb", value="TT0017136")
    row.clean()
    assert (row.scheme, row.value) == IMDB

    row.value = "17136"
    with pytest.raises(ValidationError) as refused:
        row.clean()
    assert refused.value.message_dict == {"value": ["This is no id of imdb: one looks like tt0111161."]}


def test_a_deleted_title_s_ids_are_free() -> None:
    contents = ContentFactory.create_batch(3)
    for number, content in enumerate(contents):
        external_ids_add(
            content_id=content.content_id, refs=[Ref("house", str(number)), Ref("other", str(number))]
        )

    content_delete(content=contents[0])
    contents_delete(content_ids=[contents[1].content_id, uuid4()])

    assert set(claims().values()) == {contents[2].content_id}
    external_ids_add(content_id=contents[2].content_id, refs=[Ref("house", "0"), Ref("house", "1")])


def test_titles_are_found_by_their_ids_in_three_queries_however_many() -> None:
    content = ContentFactory(title="Metropolis", release_date="1927-01-10")
    refs = [Ref("house", str(number)) for number in range(100)]
    external_ids_add(content_id=content.content_id, refs=refs[:60])
    hidden = ContentFactory(status="draft")
    ExternalIdFactory(content=hidden, scheme="house", value="99")

    for asked in (refs[:1], refs):
        with CaptureQueriesContext(connections[CATALOG]) as queries:
            found = titles_by_external_ids(asked)
        assert len(queries) == 3
    assert list(found) == refs[:60]
    assert found[refs[0]] == {
        "content_id": content.content_id,
        "title": "Metropolis",
        "content_type": "movie",
        "year": 1927,
        "address": f"/api/v1/content/{content.content_id}",
        "original_language": "",
        "languages": {"title": ""},
    }


def _add_closing(content: Content, ref: Ref) -> Exception | None:
    try:
        external_ids_add(content_id=content.content_id, refs=[ref])
    except ExternalIdTaken as error:
        return error
    finally:
        connections.close_all()
    return None
