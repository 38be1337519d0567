"""Two who write the same titles, people or collections: one waits, and judges by what the other committed."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connections, transaction
from django.test.utils import CaptureQueriesContext
from psycopg2.errors import DeadlockDetected, QueryCanceled

from catalog import services
from catalog.locking import (
    ALL,
    LOCK,
    PEOPLE,
    SLOTS,
    again_after_deadlock,
    collections_lock,
    contents_lock,
    people_lock,
)
from catalog.merging import CannotMerge, content_unmerge, contents_merge, people_merge, person_unmerge
from catalog.models import (
    Change,
    CollectionItem,
    Content,
    Credit,
    ExternalId,
    ExternalIdClaim,
    Genre,
    Person,
    SearchDocument,
)
from catalog.refusing import ChangeRefused
from catalog.registries import Ref
from catalog.search.rebuilding import stale_rewrite
from catalog.selectors import content_record
from catalog.services import collections as collecting
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from tests.admin_pages import superuser, values_of
from tests.catalog.admin.pages import rows, saved_or_errors
from tests.factories import (
    CollectionFactory,
    ContentFactory,
    CreditFactory,
    GenreFactory,
    PersonFactory,
    indexed,
)
from tests.served import until
from tests.waiting import waits_in_catalog

pytestmark = pytest.mark.usefixtures("stores")
IMDB = Ref("imdb", "tt0017136")


@contextmanager
def closing_all() -> Iterator[None]:
    """For what runs in another thread."""
    try:
        yield
    finally:
        connections.close_all()


@contextmanager
def meanwhile(
    held: Sequence[Content], call: Callable[[], Any], people: Sequence[Person] = ()
) -> Iterator[Future[Any]]:
    """Begins `call` on another connection while this one holds `held` and `people`, and lets it on once it waits and
    the block is through."""

    def closing() -> Any:
        with closing_all():
            return call()

    with ThreadPoolExecutor(1) as other, mixed_transaction(CATALOG):
        people_lock(each.person_id for each in people)
        contents_lock(each.content_id for each in held)
        begun = other.submit(closing)
        until(lambda: waits_in_catalog(statement="%advisory%"), "the other waits")
        yield begun


def overlapping(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    """Runs `first`, then `second` on another connection, to its end or till it waits, before `first` is committed."""

    def closing() -> None:
        with closing_all():
            second()

    with ThreadPoolExecutor(1) as other, mixed_transaction(CATALOG):
        first()
        begun = other.submit(closing)
        until(lambda: begun.done() or waits_in_catalog(), "the other is through or waits")
    begun.result()


WRITES: dict[str, Callable[[Content], Any]] = {
    "save": lambda title: services.content_save(content=title),
    "links": lambda title: services.content_save(content=title, links={"genres": []}),
    "rows": lambda title: services.children_save(content=title, saved=[], deleted=[]),
    "status": lambda title: services.contents_set_status(
        content_ids=[title.content_id], status=Content.Status.ARCHIVED
    ),
    "delete": lambda title: services.content_delete(content=title),
    "add ids": lambda title: services.external_ids_add(content_id=title.content_id, refs=[IMDB]),
    "remove ids": lambda title: services.external_ids_remove(content_id=title.content_id, refs=[IMDB]),
    "merge": lambda title: contents_merge(
        loser_id=title.content_id, survivor_id=Content.objects.exclude(pk=title.pk).get().content_id
    ),
    "views": lambda title: services.recent_views_set(views={title.content_id: 7}, after=None, upto=None),
    "stale": lambda title: stale_rewrite(most=10),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_title_is_held_before_anything_of_it_is_written(write: str) -> None:
    """Keeps away: claims or children before the title here and after it there; each has what the other wants."""
    title, other = ContentFactory.create_batch(2)
    indexed(title, other)
    SearchDocument.objects.filter(content_id=title.content_id).update(is_stale=True)
    with CaptureQueriesContext(connections[CATALOG]) as asked:
        WRITES[write](title)
    writes = ("INSERT", "UPDATE", "DELETE")
    steps = [
        "lock" if "pg_advisory_xact_lock" in query["sql"] else "write"
        for query in asked
        if "pg_advisory_xact_lock" in query["sql"] or query["sql"].startswith(writes)
    ]
    assert (steps[0], "write" in steps) == ("lock", True)


def test_titles_named_in_any_order_are_locked_in_one() -> None:
    """Keeps away: two bulk writers that take the same titles from both ends."""
    titles = [each.content_id for each in ContentFactory.create_batch(40)]

    def archive(ids: list[Any], status: Content.Status) -> None:
        try:
            for _ in range(6):
                services.contents_set_status(content_ids=ids, status=status)
                services.contents_set_status(content_ids=ids, status=Content.Status.DRAFT)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as writers:
        list(
            writers.map(archive, (titles, titles[::-1]), (Content.Status.ARCHIVED, Content.Status.PUBLISHED))
        )

    assert set(Content.objects.values_list("status", flat=True)) == {"draft"}


def test_an_id_claimed_while_its_title_waits_to_be_deleted_is_free_after() -> None:
    """Keeps away: a claim of no title, which nobody could ever take."""
    title, other = ContentFactory.create_batch(2)
    with meanwhile([title], lambda: services.content_delete(content=title)) as deleting:
        services.external_ids_add(content_id=title.content_id, refs=[IMDB])
    deleting.result()

    assert not ExternalIdClaim.objects.exists()
    services.external_ids_add(content_id=other.content_id, refs=[IMDB])


def test_a_title_merged_meanwhile_is_neither_published_nor_saved() -> None:
    title, survivor = ContentFactory(status="draft"), ContentFactory()
    ids, published = [title.content_id], Content.Status.PUBLISHED
    with meanwhile(
        [title, survivor], lambda: services.contents_set_status(content_ids=ids, status=published)
    ) as publishing:
        contents_merge(loser_id=title.content_id, survivor_id=survivor.content_id)

    assert publishing.result() == 0
    assert Content.objects.get(content_id=title.content_id).status == "merged"
    with pytest.raises(ChangeRefused, match="was merged"):
        services.content_save(content=title)
    services.content_delete(content=survivor)
    with pytest.raises(ChangeRefused, match="was deleted"):
        services.content_save(content=survivor)


def test_a_merge_that_another_has_undone_meanwhile_is_not_undone_again() -> None:
    loser, survivor = ContentFactory(), ContentFactory()
    contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id)
    with meanwhile([loser, survivor], lambda: content_unmerge(content_id=loser.content_id)) as second:
        content_unmerge(content_id=loser.content_id)
        services.contents_set_status(content_ids=[loser.content_id], status=Content.Status.ARCHIVED)

    with pytest.raises(CannotMerge, match="was merged into another one"):
        second.result()
    assert Content.objects.get(content_id=loser.content_id).status == "archived"


def test_a_person_whose_survivor_is_merged_half_way_gets_the_rest_after_that_is_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("catalog.merging.people.AT_ONCE", 1)
    first, second, third = PersonFactory.create_batch(3)
    CreditFactory.create_batch(3, person=first)
    people_merge(loser_id=first.person_id, survivor_id=second.person_id)
    give_back = services.contents_touch
    merges = iter([lambda: people_merge(loser_id=second.person_id, survivor_id=third.person_id)])

    def and_another_merges(ids: Any) -> Any:
        transaction.on_commit(next(merges, lambda: 0), using=CATALOG)
        return give_back(ids)

    monkeypatch.setattr("catalog.merging.people.contents_touch", and_another_merges)
    with pytest.raises(CannotMerge, match="undo that merge first"):
        person_unmerge(person_id=first.person_id)

    assert person_unmerge(person_id=second.person_id) == []
    assert person_unmerge(person_id=first.person_id) == []
    assert Credit.objects.filter(person=first).count() == 3


def test_a_person_merged_while_an_editor_s_save_waits_stays_merged_and_the_save_is_refused() -> None:
    """Keeps away: a stale `merged_into` written back, after which the merge could be neither undone nor repeated."""
    loser, survivor = PersonFactory.create_batch(2)
    credit = CreditFactory(person=loser)
    stale = Person.objects.get(person_id=loser.person_id)
    stale.name = "Written by the editor"
    with meanwhile(
        [credit.content], lambda: services.person_save(person=stale), people=[loser, survivor]
    ) as saving:
        people_merge(loser_id=loser.person_id, survivor_id=survivor.person_id)

    with pytest.raises(ChangeRefused, match=f"was merged into another person .{survivor.person_id}"):
        saving.result()
    merged = Person.objects.get(person_id=loser.person_id)
    assert (merged.name, merged.merged_into_id) == (loser.name, survivor.person_id)
    assert person_unmerge(person_id=loser.person_id) == []
    assert Credit.objects.get().person_id == loser.person_id
    stale.merged_into_id = survivor.person_id  # as read while they were merged
    services.person_save(person=stale)
    assert list(Person.objects.filter(name=stale.name).values_list("merged_into", flat=True)) == [None]


def as_rows(title: Content, credit: Credit) -> None:
    services.children_save(content=title, saved=[credit], deleted=[])


def as_the_whole_title(title: Content, credit: Credit) -> None:
    services.content_save(content=title, saved=[credit])


@pytest.mark.parametrize("save", [as_rows, as_the_whole_title])
def test_a_credit_of_somebody_who_is_merged_before_it_is_saved_is_of_who_they_are(
    save: Callable[[Content, Credit], None],
) -> None:
    """Keeps away: a merged person with a credit, at whose address there is somebody again."""
    title, (loser, survivor) = ContentFactory(), PersonFactory.create_batch(2)
    with meanwhile(
        [title], lambda: save(title, CreditFactory.build(content=title, person=loser)), [loser, survivor]
    ) as saving:
        people_merge(loser_id=loser.person_id, survivor_id=survivor.person_id)

    saving.result()
    assert list(title.credits.values_list("person_id", flat=True)) == [survivor.person_id]
    assert title.search_document.person_ids == [survivor.person_id]


@pytest.mark.parametrize("save", [as_rows, as_the_whole_title])
def test_a_credit_that_who_they_are_has_already_is_there_once(
    save: Callable[[Content, Credit], None],
) -> None:
    """Keeps away: the same part twice, of one who was merged while an editor gave it to both."""
    title, (loser, survivor) = ContentFactory(), PersonFactory.create_batch(2)
    CreditFactory(content=title, person=survivor, job="Actor", character_name="Maria")
    people_merge(loser_id=loser.person_id, survivor_id=survivor.person_id)

    for character in ("Maria", "Maria", "Hel", "Hel"):
        save(title, CreditFactory.build(content=title, person=loser, job="Actor", character_name=character))
    services.children_save(
        content=title,
        saved=[CreditFactory.build(content=title, person=each, job="Director") for each in (loser, survivor)],
        deleted=[],
    )
    hel = title.credits.get(character_name="Hel")
    hel.person, hel.character_name = (
        loser,
        "Maria",
    )  # what is there is led as well, and is one with what it becomes
    save(title, hel)

    assert sorted(title.credits.values_list("person_id", "job", "character_name")) == [
        (survivor.person_id, "Actor", "Maria"),
        (survivor.person_id, "Director", "Herself"),
    ]


def test_who_credits_a_merged_person_and_who_merges_their_survivor_wait_for_each_other() -> None:
    """Keeps away: a credit that is led to somebody who is merged at that moment."""
    title, (first, second, third) = ContentFactory(), PersonFactory.create_batch(3)
    people_merge(loser_id=first.person_id, survivor_id=second.person_id)
    with meanwhile(
        [],
        lambda: people_merge(loser_id=second.person_id, survivor_id=third.person_id),
        [first],
    ) as merging:
        as_rows(title, CreditFactory.build(content=title, person=first))

    assert merging.result() == 1
    assert Credit.objects.get().person_id == third.person_id


def test_who_is_merged_into_somebody_at_the_last_moment_is_led_to_who_that_one_becomes() -> None:
    """Keeps away: a credit on a merged person, saved for one who was merged into them when they were about to be."""
    title, (first, second, third) = ContentFactory(), PersonFactory.create_batch(3)

    def merge_second() -> int:
        with closing_all():
            return people_merge(loser_id=second.person_id, survivor_id=third.person_id)

    with ThreadPoolExecutor(1) as other, connections[CATALOG].cursor() as cursor:
        # Of the session, for it is held from one transaction to the next.
        slots = [second.person_id.int % SLOTS]
        cursor.execute(LOCK.replace("_xact", ""), {"kind": PEOPLE, "all": ALL, "slots": slots})
        merging = other.submit(merge_second)
        until(lambda: waits_in_catalog(statement="%advisory%"), "the other waits")
        people_merge(loser_id=first.person_id, survivor_id=second.person_id)
        with mixed_transaction(CATALOG):
            as_rows(title, CreditFactory.build(content=title, person=first))
            cursor.execute("SELECT pg_advisory_unlock_all()")
            until(lambda: merging.done() or waits_in_catalog(statement="%advisory%"), "the other goes on")

    assert merging.result() == 1
    assert Credit.objects.get().person_id == third.person_id
    merged = dict(Person.objects.values_list("person_id", "merged_into"))
    assert merged == {first.pk: third.pk, second.pk: third.pk, third.pk: None}


def test_a_person_deleted_meanwhile_is_not_saved_as_a_new_one() -> None:
    person = PersonFactory()
    services.people_delete(person_ids=[person.person_id])
    with pytest.raises(ChangeRefused, match="was deleted"):
        services.person_save(person=person)
    assert not Person.objects.exists()


def test_votes_that_arrive_while_views_are_written_count_in_the_popularity() -> None:
    title = ContentFactory(rating_count=0)
    indexed(title)
    views = {title.content_id: 7}
    with meanwhile([title], lambda: services.recent_views_set(views=views, after=None, upto=None)) as writing:
        title.rating_count = 1000
        services.content_save(content=title)

    assert writing.result() == 1
    document = SearchDocument.objects.get(content_id=title.content_id)
    assert document.popularity == pytest.approx(8.9882, abs=1e-3)  # ln 1001 + ln 8
    title.tagline = "Read before the views were."
    services.content_save(content=title)
    assert Content.objects.get(content_id=title.content_id).recent_views == 7


def test_views_past_the_last_that_were_counted_are_taken_back_page_by_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("catalog.services.popularity.AT_ONCE", 2)
    titles = ContentFactory.create_batch(5, recent_views=3)
    kept = max(titles, key=lambda each: each.content_id)

    assert services.recent_views_set(views={kept.content_id: 3}, after=None, upto=None) == 4
    assert list(Content.objects.filter(recent_views=3)) == [kept]


def test_a_title_s_page_and_a_merge_obey_what_a_collection_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST_ITEMS", 1)
    by_rule, full = CollectionFactory(rule="type=movie"), CollectionFactory(name="Full")
    loser, survivor = ContentFactory(), ContentFactory()

    def put(title: Content, collection: Any) -> None:
        item = CollectionItem(content=title, collection=collection, position=0)
        services.children_save(content=title, saved=[item], deleted=[])

    with pytest.raises(services.CollectionRefused, match="has a rule"):
        put(loser, by_rule)
    put(loser, full)
    moved = CollectionItem.objects.get()
    moved.position = 5
    services.children_save(content=loser, saved=[moved], deleted=[])  # is in it already
    with pytest.raises(services.CollectionRefused, match="“Full” is picked by hand"):
        put(survivor, full)
    with pytest.raises(services.CollectionRefused, match="“Full” is picked by hand"):
        contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id)
    assert [(row.content_id, row.position) for row in CollectionItem.objects.all()] == [(loser.content_id, 5)]


def test_the_page_of_a_collection_holds_its_titles_before_it() -> None:
    """Keeps away: one save of its name and its titles, which held it first. Who had a title and wanted the collection
    (a title's page, a merge) waited for that save as it waited for them, and one of the two was ended."""
    editor, title, collection = superuser(), ContentFactory(), CollectionFactory()
    page = f"/admin/catalog/collection/{collection.collection_id}/change/"
    typed = {"name": "Renamed", **rows("items", {"content": str(title.content_id), "position": "1"})}
    values = values_of(editor.get(page)) | typed

    with meanwhile([title], lambda: editor.post(page, values)) as begun:
        collections_lock([collection.collection_id])

    assert saved_or_errors(begun.result()) == "saved"
    collection.refresh_from_db()
    assert (collection.name, CollectionItem.objects.get().content_id) == ("Renamed", title.content_id)


def test_a_title_with_its_links_and_rows_is_touched_once() -> None:
    """Keeps away: its document, gate and row of the feed written three times by one save."""
    title = ContentFactory()
    row = ExternalId(content=title, scheme="imdb", value="tt0017136")
    with CaptureQueriesContext(connections[CATALOG]) as asked:
        services.content_save(content=title, links={"genres": []}, saved=[row])
    noted = [query["sql"] for query in asked if "INSERT INTO content_changes" in query["sql"]]
    assert len(noted) == 1


@pytest.mark.parametrize(("cause", "attempts"), [(DeadlockDetected, 3), (QueryCanceled, 1)])
def test_only_a_deadlock_is_tried_again_and_not_for_ever(cause: type[Exception], attempts: int) -> None:
    error = OperationalError("ended")
    error.__cause__ = cause()
    work = Mock(side_effect=error)
    with pytest.raises(OperationalError):
        again_after_deadlock(work)
    assert work.call_count == attempts
    work = Mock(side_effect=[error, 5])
    if attempts > 1:
        assert again_after_deadlock(work) == 5


def test_a_renamed_person_is_told_at_once_and_found_after_the_worker_s_round() -> None:
    credit = CreditFactory(person__name="Norma Jeane")
    title, person = credit.content, credit.person
    indexed(title)
    before = Change.objects.get(content_id=title.content_id).position

    person.name = "Marilyn Monroe"
    services.person_save(person=person)

    record = content_record(content_id=title.content_id)
    assert record is not None and record["cast"][0]["person_name"] == "Marilyn Monroe"
    assert Change.objects.get(content_id=title.content_id).position > before
    document = SearchDocument.objects.filter(content_id=title.content_id).values_list("people", "is_stale")
    assert document.get() == ("norma jeane", True)
    assert stale_rewrite(most=10) == 1
    assert document.get() == ("marilyn monroe", False)


def give_genre(title: Content) -> Callable[[], Any]:
    genre = GenreFactory(name="Old")
    services.content_save(content=title, links={"genres": [genre]})
    services.content_save(content=title, links={"genres": []})
    return lambda: services.content_save(content=title, links={"genres": [genre]})


def give_credit(title: Content) -> Callable[[], Any]:
    credit = CreditFactory.build(content=title, person=PersonFactory(name="Old"))
    return lambda: services.children_save(content=title, saved=[credit], deleted=[])


def rename_genre() -> None:
    genre = Genre.objects.get(name="Old")
    genre.name = "New"
    services.term_save(term=genre)


def rename_person() -> None:
    person = Person.objects.get(name="Old")
    person.name = "New"
    services.person_save(person=person)


def delete_genre() -> None:
    services.terms_delete(model=Genre, keys=[Genre.objects.get(name="Old").genre_id])


@pytest.mark.parametrize("saved_first", [True, False], ids=["save first", "rename first"])
@pytest.mark.parametrize(
    ("give", "rename"), [(give_genre, rename_genre), (give_credit, rename_person)], ids=["genre", "person"]
)
def test_a_title_that_is_given_what_another_renames_is_found_by_the_new_name(
    give: Callable[[Content], Callable[[], Any]], rename: Callable[[], None], saved_first: bool
) -> None:
    """Keeps away: a document with the old name that nobody marks, for the rename could not see that title yet."""
    title = ContentFactory(title="Title")
    saving = give(title)

    overlapping(*((saving, rename) if saved_first else (rename, saving)))

    stale_rewrite(most=10)
    document = SearchDocument.objects.get(content_id=title.content_id)
    assert (document.labels or document.people, document.is_stale) == ("new", False)


def test_a_title_that_is_given_a_genre_which_another_deletes_is_not_found_by_it() -> None:
    title = ContentFactory(title="Title")

    overlapping(give_genre(title), delete_genre)

    stale_rewrite(most=10)
    document = SearchDocument.objects.get(content_id=title.content_id)
    assert (document.labels, document.genre_ids) == ("", [])
