"""From the primary to the replica: what arrives, what never does, and that `set_up` mends what broke."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connections

from analytics.models import User, WatchHistory
from analytics.replication import published_columns
from streaming.stores import replica
from streaming.stores.replication import position, setup
from streaming.stores.replication.position import ReplicaBehind
from streaming.stores.replication.status import replication_status
from tests.factories import UserFactory, WatchHistoryFactory
from tests.outages import away

PUBLISHED = {
    "users": ["registration_date", "user_id", "username"],
    "user_watch_history": [
        "content_id",
        "duration_watched_seconds",
        "event_id",
        "history_id",
        "last_position_seconds",
        "user_id",
        "watched_at",
    ],
}
PUBLISHED_OF_USERS = "SELECT attnames::text[] FROM pg_publication_tables WHERE tablename = 'users'"
NOT_PUBLISHED = ("email", "password", "last_login", "is_active", "is_staff", "is_superuser")


@pytest.fixture
def mended(
    replicated: Callable[[], None], alone_on_servers: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """`replicated`, for tests that break replication: the subscription is the whole session's."""
    monkeypatch.setattr(replica, "ANSWER_KEPT", timedelta(0))  # a new copy waits that long
    yield replicated
    setup.set_up(published_columns())
    replicated()


def test_an_insert_an_update_and_a_delete_arrive(replicated: Callable[[], None]) -> None:
    user, leaver = UserFactory(username="ada"), UserFactory()
    play = WatchHistoryFactory(user=user, last_position_seconds=60)
    replicated()
    assert rows("users") == rows("users", "default")
    assert rows("user_watch_history") == rows("user_watch_history", "default")

    User.objects.filter(pk=user.pk).update(username="lovelace")
    WatchHistory.objects.filter(pk=play.pk).update(last_position_seconds=90)
    leaver.delete()
    replicated()

    assert User.objects.using("analytics_replica").get().username == "lovelace"
    assert WatchHistory.objects.using("analytics_replica").get().last_position_seconds == 90


def test_a_truncate_arrives(replicated: Callable[[], None]) -> None:
    WatchHistoryFactory()
    replicated()
    assert len(rows("user_watch_history")) == 1

    run("default", "TRUNCATE user_watch_history")
    replicated()

    assert rows("user_watch_history") == []
    assert len(rows("users")) == 1


def test_private_columns_never_arrive(replicated: Callable[[], None]) -> None:
    user = User.objects.create_superuser("ada", "ada@example.org", "correct horse battery")
    User.objects.filter(pk=user.pk).update(last_login=datetime(2020, 1, 1, tzinfo=UTC))
    replicated()

    held = User.objects.using("analytics_replica").values("username", *NOT_PUBLISHED).get()

    assert held == {
        "username": "ada",
        "email": "",
        "password": "",
        "last_login": None,
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
    }


def test_two_users_arrive_although_both_lack_an_address_there(replicated: Callable[[], None]) -> None:
    """An e-mail unique without a condition would stop the apply worker at the second user."""
    UserFactory.create_batch(3)
    replicated()

    assert len(rows("users")) == 3


def test_the_publication_has_the_published_columns_and_is_the_only_one(stores: None) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pubname, tablename, attnames::text[] FROM pg_publication_tables")
        published = {(name, table): sorted(columns) for name, table, columns in cursor.fetchall()}

    assert published == {("analytics_pub", table): columns for table, columns in PUBLISHED.items()}
    assert scalar("default", "SELECT array_agg(pubname::text) FROM pg_publication") == ["analytics_pub"]


def test_setting_up_again_does_nothing_and_says_so(mended: Callable[[], None]) -> None:
    UserFactory()
    mended()
    before = state_of_affairs()

    assert setup.set_up(published_columns()) == []
    out = io.StringIO()
    call_command("replication", "setup", stdout=out)

    assert out.getvalue() == "replication is as it should be\n"
    assert state_of_affairs() == before


def test_a_changed_column_list_is_brought_up_to_date_for_the_rows_that_are_there_too(
    mended: Callable[[], None],
) -> None:
    """A refreshed subscription copies no row again: a row that came without the column would keep its default."""
    run("default", "ALTER PUBLICATION analytics_pub SET TABLE users (user_id, username), user_watch_history")
    mended()
    UserFactory(registration_date=datetime(2001, 2, 3, tzinfo=UTC))
    mended()
    assert rows("users") != rows("users", "default")

    done = setup.set_up(published_columns())
    mended()

    assert done == [
        "publication analytics_pub brought up to date",
        "subscription analytics_sub dropped: reads go to the primary",
        f"slot {settings.REPLICATION_SLOT} dropped from the primary",
        "subscription analytics_sub created",
    ]
    assert rows("users") == rows("users", "default")
    assert setup.set_up(published_columns()) == []


@pytest.mark.parametrize("stops_at", ["DROP SUBSCRIPTION", "TRUNCATE", "CREATE SUBSCRIPTION", "COMMENT"])
def test_a_set_up_that_stopped_half_way_is_finished_by_the_next(
    mended: Callable[[], None], stops_at: str
) -> None:
    """The publication was up to date by then, so the next run copied nothing: the old rows stayed wrong for good."""
    run("default", "ALTER PUBLICATION analytics_pub SET TABLE users (user_id, username), user_watch_history")
    mended()
    UserFactory(registration_date=datetime(2001, 2, 3, tzinfo=UTC))
    mended()

    with connections["analytics_replica"].execute_wrapper(failing_at(stops_at)):
        with pytest.raises(OperationalError, match=r"^the replica went away$"):
            setup.set_up(published_columns())
    setup.set_up(published_columns())
    mended()

    assert rows("users") == rows("users", "default")
    assert setup.set_up(published_columns()) == []


def test_nothing_is_published_anew_while_the_replica_is_away(mended: Callable[[], None]) -> None:
    """Rows that the replica has could not be noted as copied under another list."""
    run("default", "ALTER PUBLICATION analytics_pub SET TABLE users (user_id, username), user_watch_history")

    with away("replica"), pytest.raises(OperationalError):
        setup.set_up(published_columns())

    assert scalar("default", PUBLISHED_OF_USERS) == ["user_id", "username"]


def test_a_copy_under_other_lists_than_noted_is_made_again(mended: Callable[[], None]) -> None:
    mended()
    noted = """COMMENT ON SUBSCRIPTION analytics_sub IS '{"users": ["user_id", "username"]}'"""
    for comment in (noted, "COMMENT ON SUBSCRIPTION analytics_sub IS 'by hand'"):
        run("analytics_replica", comment)

        assert setup.set_up(published_columns()) == [
            "subscription analytics_sub dropped: reads go to the primary",
            f"slot {settings.REPLICATION_SLOT} dropped from the primary",
            "subscription analytics_sub created",
        ]
        mended()


def test_a_column_that_is_no_longer_published_leaves_the_replica(mended: Callable[[], None]) -> None:
    run("default", "ALTER PUBLICATION analytics_pub SET TABLE users, user_watch_history")
    run("default", "GRANT SELECT ON users TO analytics_replicator")
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub REFRESH PUBLICATION")
    UserFactory(email="ada@example.org")
    mended()
    assert scalar("analytics_replica", "SELECT email FROM users") == "ada@example.org"

    setup.set_up(published_columns())
    mended()

    assert scalar("analytics_replica", "SELECT email FROM users") == ""
    assert rows("users") == rows("users", "default")


def test_a_lost_subscription_is_made_again_and_its_slot_does_not_stand_in_the_way(
    mended: Callable[[], None],
) -> None:
    users = UserFactory.create_batch(3)
    mended()
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub DISABLE")
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub SET (slot_name = NONE)")
    run("analytics_replica", "DROP SUBSCRIPTION analytics_sub")
    users[0].delete()
    UserFactory(username="meanwhile")
    WatchHistoryFactory(user=users[1])
    wait_until_idle()

    done = setup.set_up(published_columns())
    mended()

    assert done == [
        f"slot {settings.REPLICATION_SLOT} dropped from the primary",
        "subscription analytics_sub created",
    ]
    assert rows("users") == rows("users", "default")
    assert rows("user_watch_history") == rows("user_watch_history", "default")


def test_a_lost_slot_is_made_again_and_what_was_missed_is_copied(mended: Callable[[], None]) -> None:
    """Without its slot the apply worker fails for ever; what was written meanwhile, nobody kept for it."""
    leaver = UserFactory()
    mended()
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub DISABLE")
    wait_until_idle()
    run("default", f"SELECT pg_drop_replication_slot('{settings.REPLICATION_SLOT}')")
    leaver.delete()
    UserFactory(username="meanwhile")

    done = setup.set_up(published_columns())
    mended()

    assert done == [
        "subscription analytics_sub dropped: reads go to the primary",
        "subscription analytics_sub created",
    ]
    assert [username for _, username, *_ in rows("users")] == ["meanwhile"]
    assert rows("users") == rows("users", "default")


def test_a_changed_address_or_password_is_mended(mended: Callable[[], None]) -> None:
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub DISABLE")
    run(
        "analytics_replica",
        "ALTER SUBSCRIPTION analytics_sub CONNECTION 'host=127.0.0.1 port=1 password=old'",
    )
    UserFactory()

    done = setup.set_up(published_columns())
    mended()

    assert done == ["subscription analytics_sub points at the primary's present address"]
    assert rows("users") == rows("users", "default")


def test_a_disabled_subscription_is_behind_and_set_up_enables_it(mended: Callable[[], None]) -> None:
    mended()
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub DISABLE")
    wait_until_idle()
    UserFactory()

    with pytest.raises(ReplicaBehind, match=r"^the replica has not applied [0-9A-F]+/[0-9A-F]+ within 0 s$"):
        position.wait_until_applied(0)
    assert position.lag_bytes() == pytest.approx(replication_status().lag_bytes, abs=4096)

    assert setup.set_up(published_columns()) == []
    mended()
    assert rows("users") == rows("users", "default")


def rows(table: str, alias: str = "analytics_replica") -> list[tuple[object, ...]]:
    columns = ", ".join(published_columns()[table])
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1")
        return cursor.fetchall()


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


def scalar(alias: str, query: str) -> object:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def failing_at(start: str) -> Callable[..., Any]:
    """An execute wrapper: the first statement that starts like this fails as on a connection that broke."""

    def execute(execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any) -> Any:
        text = statement if isinstance(statement, str) else statement.as_string(context["cursor"].cursor)
        # The comment that is taken off first is not the second half.
        if text.startswith(start) and not text.endswith("IS NULL"):
            raise OperationalError("the replica went away")
        return execute(statement, params, many, context)

    return execute


def wait_until_idle() -> None:
    """Returns when the primary has noticed that the subscriber is gone."""
    idle = f"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{settings.REPLICATION_SLOT}' AND active"
    for _ in range(5000):
        if scalar("default", idle) == 0:
            return
    raise AssertionError("the slot is still active")


def state_of_affairs() -> str:
    """The publication, the subscription with its tables and the rights, by their identities."""
    return json.dumps(
        [
            scalar("default", "SELECT json_agg(p ORDER BY oid) FROM pg_publication p"),
            scalar("default", "SELECT json_agg(p ORDER BY oid) FROM pg_publication_rel p"),
            scalar("default", "SELECT json_agg(relacl ORDER BY oid) FROM pg_class"),
            scalar("default", "SELECT json_agg(attacl ORDER BY attrelid, attnum) FROM pg_attribute"),
            scalar("analytics_replica", "SELECT json_agg(oid ORDER BY oid) FROM pg_subscription"),
            scalar("analytics_replica", "SELECT json_agg(srrelid ORDER BY srrelid) FROM pg_subscription_rel"),
        ]
    )
