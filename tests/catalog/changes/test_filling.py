"""`changes fill` beside writers: what they note is newer than what it read."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections, transaction

from catalog.changes.keeping import changes_fill
from catalog.models import Change, Content
from catalog.services import content_delete, contents_set_status
from streaming.stores.aliases import CATALOG
from streaming.stores.statements import scalar
from tests.catalog.changes.following import Follower, public_catalog
from tests.catalog.changes.test_feed import made, on_a_worker, told
from tests.environment import DISTRIBUTED
from tests.factories import LONG_AGO, ContentFactory
from tests.served import until

pytestmark = pytest.mark.usefixtures("stores")
WAITED_FOR = (
    "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
)


def archive(content: Content) -> None:
    contents_set_status(content_ids=[content.content_id], status=Content.Status.ARCHIVED)


def delete(content: Content) -> None:
    content_delete(content=content)


def fill() -> int:
    try:
        return changes_fill()
    finally:
        connections.close_all()


def row_of(content: Content) -> tuple[Any, ...]:
    return Change.objects.values_list().get(content_id=content.content_id)


def restore(content: Content, **otherwise: Any) -> None:
    """As by COPY from a dump of before: with the `updated_at` that it had."""
    names = ("content_id", "title", "content_type", "status", "published_at", "updated_at", "created_at")
    Content.objects.bulk_create([Content(**{name: getattr(content, name) for name in names} | otherwise)])


@pytest.mark.parametrize(("away", "noted"), [(delete, True), (archive, True), (delete, False)])
def test_what_is_hidden_or_deleted_while_the_feed_is_filled_stays_so(
    away: Callable[[Content], None], noted: bool
) -> None:
    """Keeps away: a title that is gone, told as saved. The fill read it before the change was committed, and writes
    after that; what was noted as it should be it neither locks nor waits for."""
    title, stray = (made() if noted else ContentFactory(), ContentFactory())
    title.refresh_from_db()
    follower = Follower()
    follower.catch_up()
    _, cursor = told()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic(using=CATALOG):
            away(title)
            written = row_of(title)
            filling = other.submit(fill)
            if noted:
                assert filling.result(10) == 1
            else:
                until(lambda: bool(scalar(CATALOG, WAITED_FOR)), "the fill comes to the title")
        assert filling.result(10) == 1

    assert row_of(title) == written
    assert dict(told(cursor)[0]) == {title.content_id: "deleted", stray.content_id: "created"}
    follower.catch_up()
    assert follower.picture == public_catalog() == {stray.content_id: stray.title}
    assert changes_fill() == 0


def test_a_deleted_title_that_is_restored_as_it_was_is_noted_and_told_at_once() -> None:
    """Keeps away: that its row of the feed, which is later than its `updated_at`, counts as newer than it for good."""
    title = made()
    title.refresh_from_db()
    _, cursor = told()
    delete(title)
    changed, cursor = told(cursor)
    assert changed == [(title.content_id, "deleted")]
    restore(title)

    until(partial(_filled, 1), "no transaction is left in the midst of its commit")

    assert told(cursor)[0] == [(title.content_id, "updated")]


def _filled(titles: int) -> bool:
    return changes_fill() == titles


def test_a_title_that_was_written_with_a_time_of_the_past_is_noted_as_it_is() -> None:
    title = ContentFactory(updated_at=LONG_AGO)
    Content.objects.filter(content_id=title.content_id).update(updated_at=LONG_AGO)

    assert changes_fill() == 1

    assert told()[0] == [(title.content_id, "created")]
    assert Change.objects.get(content_id=title.content_id).at == LONG_AGO


@pytest.mark.skipif(not DISTRIBUTED, reason="of a distributed catalog: run by `make test-citus`")
def test_a_title_whose_shard_may_lag_is_left_as_it_was_noted() -> None:
    """What the shard shows is from before the deletion while a part of any transaction is still to be committed."""
    title = made()
    title.refresh_from_db()
    delete(title)
    written = row_of(title)
    told()
    restore(title)  # as the shard has it that the commit has not come to
    prepare = "BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'test_unfilled'"
    with on_a_worker(prepare, "ROLLBACK PREPARED 'test_unfilled'"):
        assert changes_fill() == 0
        assert row_of(title) == written

    until(partial(_filled, 1), "no transaction is left in the midst of its commit")
