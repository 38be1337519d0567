"""The replica's tables in the catalog's database: what they show, how they are read, and that `set_up` mends them."""

import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from analytics import federated
from analytics.replication import published_column_types, published_columns
from streaming.stores.federation import setup as federation
from tests.factories import LONG_AGO, UserFactory, WatchHistoryFactory


def test_foreign_tables_have_the_published_columns_and_no_other(stores: None) -> None:
    assert foreign_columns() == federation.all_shown(published_column_types())
    assert foreign_columns() == {
        "replica_position": {"applied": "pg_lsn"},
        "users": {
            "user_id": "uuid",
            "username": "character varying(150)",
            "registration_date": "timestamp with time zone",
        },
        "user_watch_history": {
            "history_id": "uuid",
            "content_id": "uuid",
            "watched_at": "timestamp with time zone",
            "duration_watched_seconds": "integer",
            "last_position_seconds": "integer",
            "event_id": "uuid",
            "user_id": "uuid",
        },
    }


@pytest.mark.parametrize("table", ["users", "user_watch_history"])
def test_a_foreign_table_shows_what_the_primary_has(replicated: Callable[[], None], table: str) -> None:
    WatchHistoryFactory.create_batch(3)
    replicated()
    columns = ", ".join(published_columns()[table])

    shown = fetched("catalog", f"SELECT {columns} FROM analytics.{table} ORDER BY 1")

    assert shown == fetched("default", f"SELECT {columns} FROM {table} ORDER BY 1")
    assert len(shown) == 3


@pytest.mark.parametrize(
    "write", ["UPDATE analytics.users SET username = 'x'", "DELETE FROM analytics.users"]
)
def test_nobody_writes_through_a_foreign_table(replicated: Callable[[], None], write: str) -> None:
    UserFactory()
    replicated()

    with pytest.raises(Exception, match=r"read-only transaction|permission denied"):
        fetched("catalog", write)


def test_setting_up_again_does_nothing_and_says_so(mended: Callable[[], None]) -> None:
    identities = "SELECT 'analytics.users'::regclass::oid, 'analytics.user_watch_history'::regclass::oid"
    before = fetched("catalog", identities)

    assert federation.set_up(published_column_types()) == []
    out = io.StringIO()
    call_command("federation", "setup", stdout=out)

    assert out.getvalue() == "federation is as it should be\n"
    assert fetched("catalog", identities) == before


@pytest.mark.parametrize(
    "breaking",
    [
        "ALTER SERVER analytics_server OPTIONS (SET port '1')",
        "ALTER SERVER analytics_server OPTIONS (SET host '192.0.2.1', SET dbname 'elsewhere')",
        "ALTER SERVER analytics_server OPTIONS (DROP dbname, DROP fetch_size)",
        "ALTER USER MAPPING FOR CURRENT_USER SERVER analytics_server OPTIONS (SET password 'former')",
        'ALTER USER MAPPING FOR CURRENT_USER SERVER analytics_server OPTIONS (DROP password, DROP "user")',
        "DROP USER MAPPING FOR CURRENT_USER SERVER analytics_server",
        "DROP FOREIGN TABLE analytics.users",
        "ALTER FOREIGN TABLE analytics.users DROP COLUMN username",
        "ALTER FOREIGN TABLE analytics.users ADD COLUMN email text",
        "DROP SERVER analytics_server CASCADE",
        "DROP SCHEMA analytics CASCADE",
        "DROP EXTENSION postgres_fdw CASCADE",
    ],
)
def test_what_has_changed_is_mended(mended: Callable[[], None], breaking: str) -> None:
    """Addresses and passwords differ from the settings' after a move; the rest is what a hand may have done."""
    user = UserFactory(username="ada")
    mended()
    run("catalog", breaking)

    federation.set_up(published_column_types())

    assert fetched("catalog", "SELECT user_id, username FROM analytics.users") == [(user.user_id, "ada")]
    assert foreign_columns() == federation.all_shown(published_column_types())
    assert federation.set_up(published_column_types()) == []


@pytest.mark.parametrize("page", ["first", "next"])
def test_a_page_of_history_is_joined_filtered_and_sorted_on_the_replica(stores: None, page: str) -> None:
    """Sorted here, all of a viewer's plays would be fetched first; so it ends within the first batch of them."""
    watched_at, history_id = (None, None) if page == "first" else (LONG_AGO, uuid.uuid4())
    parameters = {"user_id": uuid.uuid4(), "watched_at": watched_at, "history_id": history_id, "limit": 10}

    plan = plan_of(federated.HISTORY, parameters)
    scan = plan["Plans"][0] if plan["Node Type"] == "Limit" else plan

    assert whole_on_replica(scan)
    assert scan["Relations"] == "(analytics.user_watch_history h) INNER JOIN (analytics.users u)"
    assert "ORDER BY r1.watched_at DESC NULLS FIRST, r1.history_id DESC NULLS FIRST" in scan["Remote SQL"]
    assert ("r1.history_id < " in scan["Remote SQL"]) is (page == "next")


@pytest.mark.parametrize("after", [None, uuid.uuid4()], ids=["first", "next"])
def test_a_page_of_user_ids_is_one_query_on_the_replica(stores: None, after: uuid.UUID | None) -> None:
    plan = plan_of(federated.USER_IDS, {"after": after, "limit": 10})

    assert whole_on_replica(plan)
    assert plan["Remote SQL"].endswith("ORDER BY user_id ASC NULLS LAST LIMIT 10::bigint")


def test_the_way_to_sort_ends_with_its_query(stores: None) -> None:
    federated.plays_of(user_id=uuid.uuid4(), after=None, limit=1)
    federated.user_ids_after(user_id=None, limit=1)

    assert fetched("catalog", "SHOW enable_sort") == [("on",)]


def test_pages_of_history_are_whole_and_in_order(replicated: Callable[[], None]) -> None:
    """Plays of one moment are told apart by their ids."""
    user = UserFactory(username="ada")
    WatchHistoryFactory.create_batch(4, user=user, watched_at=datetime(2020, 1, 1, tzinfo=UTC))
    WatchHistoryFactory.create_batch(4, user=user)
    WatchHistoryFactory()
    replicated()
    whole = federated.plays_of(user_id=user.user_id, after=None, limit=100)

    paged: list[federated.Play] = []
    after = None
    while rows := federated.plays_of(user_id=user.user_id, after=after, limit=3):
        paged += rows
        after = (rows[-1]["watched_at"], rows[-1]["history_id"])

    assert paged == whole
    assert len(whole) == 8
    places = [(play["watched_at"], play["history_id"]) for play in whole]
    assert places == sorted(places, reverse=True)
    assert {play["username"] for play in whole} == {"ada"}


def plan_of(query: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """How the catalog's server would run it, sent as `analytics.federated` sends it."""
    explained = f"{federated.SORT_THERE} EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) {query}"
    with connections["catalog"].cursor() as cursor:
        cursor.execute(explained, parameters)
        ((plan,),) = cursor.fetchone()
    return plan["Plan"]


def whole_on_replica(plan: dict[str, Any]) -> bool:
    """Nothing is done with the rows that come back."""
    return plan["Node Type"] == "Foreign Scan" and not {"Plans", "Filter"} & set(plan)


def foreign_columns() -> dict[str, dict[str, str]]:
    rows = fetched(
        "catalog",
        """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'f'
              AND a.attnum > 0 AND NOT a.attisdropped""",
    )
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    return tables


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


def fetched(alias: str, query: str, *parameters: Any) -> list[tuple]:
    with connections[alias].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
