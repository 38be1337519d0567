"""`federation check`: every fault of the foreign tables is named, and the command it names repairs it."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from analytics import replication
from analytics.models import User
from analytics.replication import published_column_types
from streaming.stores.federation import checking
from streaming.stores.federation import setup as federation
from tests.environment import WORKER
from tests.factories import UserFactory

REFUSED = 'cannot be read: password authentication failed for user "analytics_reader"'
MAPPING = "ALTER USER MAPPING FOR CURRENT_USER SERVER analytics_server OPTIONS"


def found() -> list[str]:
    return [finding.what for finding in checking.findings(published_column_types())]


def test_what_set_up_made_is_sound(mended: Callable[[], None]) -> None:
    out = io.StringIO()
    call_command("federation", "check", stdout=out)
    assert out.getvalue() == "federation is sound\n"


FAULTS = {
    "DROP FOREIGN TABLE analytics.users": ["foreign table analytics.users is missing"],
    "ALTER FOREIGN TABLE analytics.users DROP COLUMN username": ["analytics.users has no username"],
    "ALTER FOREIGN TABLE analytics.users ALTER COLUMN username TYPE text": [
        "analytics.users.username is text, on the replica character varying(150)"
    ],
    "ALTER FOREIGN TABLE analytics.users ADD COLUMN email text": [
        "analytics.users has email, which is not published",
        "analytics.users cannot be read: permission denied for table users",
    ],
    "ALTER FOREIGN TABLE analytics.users OPTIONS (SET table_name 'auth_group')": [
        "foreign table analytics.users is not of the replica's public.users",
        'analytics.users cannot be read: relation "public.auth_group" does not exist',
    ],
    "CREATE FOREIGN TABLE analytics.sessions (a text) SERVER analytics_server": [
        "foreign table analytics.sessions is not published"
    ],
    "CREATE USER MAPPING FOR PUBLIC SERVER analytics_server": [
        "server analytics_server has a mapping for PUBLIC: any role may read through it"
    ],
    "ALTER SERVER analytics_server OPTIONS (DROP fetch_size)": [
        "server analytics_server has fetch_size unset, not 1000"
    ],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_repaired(mended: Callable[[], None], fault: str) -> None:
    run("catalog", fault)

    assert found() == FAULTS[fault]
    call_command("federation", "setup", stdout=io.StringIO())
    assert found() == []


def test_a_wrong_password_is_named(mended: Callable[[], None]) -> None:
    run("catalog", f"{MAPPING} (SET password 'former')")

    assert found() == [
        "the mapping's password is not the settings'",
        *(f"{table} {REFUSED}" for table in tables()),
    ]


def test_a_password_that_was_right_when_the_connection_was_made_is_no_longer(
    mended: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session of the catalog's keeps its connection to the replica; the check makes one of its own."""
    assert found() == []
    run("catalog", f"{MAPPING} (SET password 'former')")
    monkeypatch.setattr(checking, "mapping_options", lambda: {"user": "analytics_reader"})

    assert found() == [f"{table} {REFUSED}" for table in tables()]


def test_a_wrong_address_is_named(mended: Callable[[], None]) -> None:
    run("catalog", "ALTER SERVER analytics_server OPTIONS (SET port '1')")

    wrong, *unread = found()

    port = connections["analytics_replica"].settings_dict["PORT"]
    assert wrong == f"server analytics_server has port 1, not {port}"
    assert len(unread) == len(tables())
    assert all("port 1 failed: Connection refused" in what.replace('"', "") for what in unread)


def test_without_a_server_that_is_what_is_named(mended: Callable[[], None]) -> None:
    run("catalog", "DROP SERVER analytics_server CASCADE")

    assert found()[0] == "server analytics_server is missing"


def test_without_the_replica_the_command_says_so(without: Callable[[str], None]) -> None:
    without("replica")
    out = io.StringIO()

    with pytest.raises(CommandError, match=r"^1 found wrong\.$") as ended:
        call_command("federation", "check", stdout=out)

    assert ended.value.returncode == 1
    assert out.getvalue().startswith("the replica at 127.0.0.1:1 does not answer: Connection refused")
    assert out.getvalue().count("\n") == 1


def test_without_the_catalog_the_command_says_so(without: Callable[[str], None]) -> None:
    without("catalog")

    with pytest.raises(CommandError) as ended:
        call_command("federation", "check")

    assert (ended.value.returncode, str(ended.value)) == (
        1,
        "Federation is not checked: Connection refused. "
        "What is away, `manage.py status` says; this may be run again.",
    )


def test_only_its_owner_sees_the_mapping_s_password(stores: None) -> None:
    role = f"test_onlooker_{WORKER or 'alone'}"
    seen = "SELECT umoptions FROM pg_user_mappings WHERE srvname = 'analytics_server'"
    run("catalog", f"CREATE ROLE {role}")
    try:
        with connections["catalog"].cursor() as cursor:
            cursor.execute(f"SET ROLE {role}; {seen}")
            onlooker = cursor.fetchall()
            cursor.execute(f"RESET ROLE; {seen}")
            owner = cursor.fetchall()
    finally:
        run("catalog", f"RESET ROLE; DROP ROLE {role}")
    assert onlooker == [(None,)]
    assert [option.partition("=")[0] for option in owner[0][0]] == ["user", "password"]


@pytest.fixture
def with_country(mended: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`users.country` on the primary and the replica, published, as after a migration; before `mended` ends, gone."""
    for alias in ("analytics_replica", "default"):
        run(alias, "ALTER TABLE users ADD COLUMN country varchar(2) NOT NULL DEFAULT 'DE'")
    published: dict[Any, tuple[str, ...]] = {
        **replication.PUBLISHED,
        User: (*replication.PUBLISHED[User], "country"),
    }
    monkeypatch.setattr(replication, "PUBLISHED", published)
    yield
    monkeypatch.undo()
    federation.set_up(published_column_types())
    for alias in ("default", "analytics_replica"):
        run(alias, "ALTER TABLE users DROP COLUMN country")


def test_a_column_that_a_migration_publishes_is_readable_after_set_up(
    replicated: Callable[[], None], with_country: None
) -> None:
    UserFactory(username="ada")
    replicated()

    assert found() == ["analytics.users has no country", "analytics_reader may not read public.users.country"]
    assert federation.set_up(published_column_types()) == ["foreign table analytics.users created"]

    assert fetched("SELECT username, country FROM analytics.users") == [("ada", "DE")]
    assert found() == []


def test_a_column_that_is_no_longer_published_is_gone_after_set_up(
    with_country: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    federation.set_up(published_column_types())
    monkeypatch.undo()

    assert found() == [
        "analytics.users has country, which is not published",
        "analytics_reader may read public.users.country",
    ]
    federation.set_up(published_column_types())

    assert found() == []


def test_reads_go_on_while_a_foreign_table_is_made_anew(with_country: None) -> None:
    """A reader waits for the transaction that makes it anew, and then finds the new one."""
    UserFactory()
    stop, read, failures = threading.Event(), [0], list[str]()

    def reading() -> None:
        with connections["catalog"].cursor() as cursor:
            while not stop.is_set():
                try:
                    cursor.execute(
                        "SELECT username FROM analytics.users u JOIN analytics.user_watch_history USING (user_id)"
                    )
                    read[0] += 1
                except Exception as error:  # noqa: BLE001  # whatever it is, the reader saw it
                    failures.append(str(error))
        connections["catalog"].close()

    reader = threading.Thread(target=reading)
    reader.start()
    wide, narrow = published_column_types(), published_column_types()
    del narrow["users"]["country"]
    until = time.monotonic() + 2
    made = 0
    while time.monotonic() < until:
        federation.set_up(narrow if made % 2 else wide)
        made += 1
    stop.set()
    reader.join()

    assert failures == []
    assert made > 2
    assert read[0] > made


def tables() -> list[str]:
    return [f"analytics.{table}" for table in sorted(federation.foreign_tables())]


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


def fetched(query: str) -> list[tuple]:
    with connections["catalog"].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()
