"""A publication that was changed by hand: seen, not read from, repaired."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections

from analytics.models import User, WatchHistory
from analytics.replication import published_columns
from analytics.selectors import plays_page
from analytics.services import play_record
from streaming.stores import replica
from streaming.stores.outage import StoreUnavailable
from streaming.stores.replication import setup
from streaming.stores.replication.checking import check
from streaming.stores.replication.publication import differences
from streaming.stores.replication.status import findings, replication_status
from tests.factories import LONG_AGO, UserFactory, WatchHistoryFactory
from tests.outages import away
from tests.served import until
from tests.stores.replication.pairs import PRIMARY, REPLICA, Pair

Replicated = Callable[[], None]
PLAYS = "user_watch_history"
FAULTS = {
    f"ALTER PUBLICATION analytics_pub DROP TABLE {PLAYS}": [
        f"publication analytics_pub does not send table {PLAYS}"
    ],
    "DROP PUBLICATION analytics_pub": [
        "publication analytics_pub is missing on the primary: no change reaches the replica"
    ],
    "ALTER PUBLICATION analytics_pub SET (publish = 'insert')": [
        "publication analytics_pub does not send update, delete, truncate"
    ],
    f"ALTER PUBLICATION analytics_pub SET TABLE users ({', '.join(published_columns()['users'])}), "
    f"{PLAYS} ({', '.join(published_columns()[PLAYS])}) WHERE (history_id IS NULL)": [
        f"publication analytics_pub sends only rows of {PLAYS} with (history_id IS NULL)"
    ],
    f"ALTER PUBLICATION analytics_pub SET TABLE users (user_id, username, email), {PLAYS}": [
        "publication analytics_pub does not send users's registration_date",
        "publication analytics_pub sends users's email, not published",
    ],
    "DROP PUBLICATION analytics_pub; CREATE PUBLICATION analytics_pub FOR TABLES IN SCHEMA public": None,
}


@pytest.fixture
def altered(
    replicated: Replicated, alone_on_servers: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Replicated]:
    """`replicated`, for tests that change the publication; a process that asks each time, and sees it well now."""
    monkeypatch.setattr(replica, "_process", replica._Process())
    monkeypatch.setattr(replica, "ANSWER_KEPT", timedelta(0))
    replicated()
    until(replica.usable, "the replica is seen to have caught up")
    yield replicated
    setup.set_up(published_columns())
    replicated()


@pytest.mark.parametrize(
    ("statement", "found"), FAULTS.items(), ids=["table", "publication", "kinds", "filter", "columns", "all"]
)
def test_a_publication_that_does_not_send_everything_is_seen_not_read_and_repaired(
    altered: Replicated, statement: str, found: list[str] | None
) -> None:
    """The position went on past changes that were never sent: reads of one's own plays lacked them for good, and
    status and set-up called that sound."""
    viewer = UserFactory()
    old = WatchHistoryFactory(user=viewer)
    altered()
    run("default", statement)
    play(viewer)
    WatchHistory.objects.filter(pk=old.pk).update(last_position_seconds=77)

    assert refused(viewer) == "incomplete"
    page = plays_page(user_id=viewer.pk, after=None, limit=10)
    assert sorted(row["last_position_seconds"] for row in page) == [1, 77]
    with pytest.raises(StoreUnavailable):
        replica.copied_position()
    said = findings(replication_status(published_columns()))
    assert [str(f) for f in said if f.repair == "manage.py replication setup"] == [
        f"The {what}. — manage.py replication setup" for what in found or differences(published_columns())
    ]
    assert differences(published_columns()) != []

    done = setup.set_up(published_columns())
    altered()

    assert done[0].startswith("publication analytics_pub ")
    assert done[-1] == "subscription analytics_sub created"
    assert check(published_columns(), limit=5).equal
    assert differences(published_columns()) == []
    until(lambda: refused(viewer) == "", "the replica is read again")
    assert setup.set_up(published_columns()) == []


def test_a_resync_mends_the_publication_too_and_before_it_nobody_promotes(pair: Pair) -> None:
    """It left kinds and row filter as they were, and what came between fence and comparison was lost."""
    pair.rows(PRIMARY, "ALTER PUBLICATION analytics_pub SET (publish = 'insert')")
    pair.rows(PRIMARY, f"ALTER PUBLICATION analytics_pub SET TABLE users, {PLAYS} WHERE (history_id IS NULL)")
    pair.rows(PRIMARY, f"UPDATE {PLAYS} SET last_position_seconds = 5")

    status, promote = pair.replication("status"), pair.replication("promote")
    resync = pair.replication("resync")

    assert "✗ The publication analytics_pub does not send update, delete, truncate." in status.lines
    assert "    → manage.py replication setup" in status.lines
    assert (status.code, promote.code) == (1, 2)
    assert promote.err == (
        "CommandError: The publication analytics_pub does not send update, delete, truncate: "
        "run `manage.py replication setup` first.\n"
    )
    assert (resync.code, resync.err) == (0, "")
    assert pair.replication("status").lines[-1] == "replication is sound"
    assert pair.value(REPLICA, f"SELECT min(last_position_seconds) FROM {PLAYS}") == 5


def test_while_the_primary_is_away_the_last_verdict_stands(
    altered: Replicated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "SKIPPED_AFTER_FAILURE", timedelta(0))
    with away("analytics"):
        assert refused() == ""
    run("default", f"ALTER PUBLICATION analytics_pub DROP TABLE {PLAYS}")
    assert refused() == "incomplete"

    with away("analytics"):
        assert refused() == "incomplete"


def test_a_set_up_that_did_not_end_is_seen_and_the_replica_not_read(altered: Replicated) -> None:
    """The publication was as it should be by then, and the rows of before it."""
    run("analytics_replica", "COMMENT ON SUBSCRIPTION analytics_sub IS NULL")

    assert refused() == "incomplete"
    assert differences(published_columns()) == [
        "rows on the replica were copied under other column lists than are published"
    ]


@pytest.mark.parametrize(
    ("change", "back", "what"),
    [
        (
            f"ALTER TABLE {PLAYS} DROP CONSTRAINT {PLAYS}_pkey",
            f"ALTER TABLE {PLAYS} ADD PRIMARY KEY (history_id)",
            f"primary key {PLAYS}_pkey of {PLAYS}",
        ),
        (
            "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
            "ALTER TABLE users ADD PRIMARY KEY (user_id)",
            "primary key users_pkey of users",
        ),
    ],
)
def test_a_key_that_the_replica_lacks_is_found(
    altered: Replicated, change: str, back: str, what: str
) -> None:
    """Updates and deletes stop the apply worker, and nothing said why."""
    assert replication_status(published_columns()).indexes == ()
    run("analytics_replica", change)
    try:
        state = replication_status(published_columns())
    finally:
        run("analytics_replica", back)

    assert state.indexes == (f"{what} is missing on the replica",)
    assert f"The {what} is missing on the replica." in [finding.what for finding in findings(state)]


def test_an_index_that_the_replica_lacks_is_found(altered: Replicated) -> None:
    with connections["analytics_replica"].cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE '%%pkey' LIMIT 1",
            [PLAYS],
        )
        name, definition = cursor.fetchone()
    run("analytics_replica", f"DROP INDEX {name}")
    try:
        found = replication_status(published_columns()).indexes
    finally:
        run("analytics_replica", definition)

    assert found == (f"index {name} of {PLAYS} is missing on the replica",)
    assert replication_status(published_columns()).indexes == ()


def play(viewer: User) -> None:
    play_record(
        user_id=viewer.pk,
        content_id=uuid4(),
        event_id=uuid4(),
        watched_at=LONG_AGO,
        duration_watched_seconds=1,
        last_position_seconds=1,
    )


def refused(viewer: User | None = None) -> str:
    """Why a read would do without the replica; empty when it would not."""
    try:
        with replica.reading(user_id=viewer.pk if viewer else None):
            return ""
    except StoreUnavailable as error:
        return replica.reason_of(error)


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
