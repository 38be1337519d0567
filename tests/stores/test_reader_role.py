"""The role that the foreign server reads the replica as: what it may read, and that it may do nothing else."""

from collections.abc import Callable, Iterator

import psycopg2
import pytest
from django.conf import settings
from django.db import connections
from psycopg2 import errors

from analytics.replication import published_column_types, published_columns
from streaming.stores.federation import reader as role
from streaming.stores.federation import setup as federation
from streaming.stores.roles import make_role
from tests.environment import WORKER
from tests.factories import UserFactory

NOT_PUBLISHED = ("email", "password", "last_login", "is_active", "is_staff", "is_superuser")


@pytest.fixture
def reader(stores: None) -> Iterator["psycopg2.extensions.cursor"]:
    """A cursor on the replica of the role that the foreign server connects as."""
    connection = connected_as("analytics_reader", settings.FEDERATION_PASSWORD)
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def test_the_reader_reads_published_columns_only(
    replicated: Callable[[], None], reader: "psycopg2.extensions.cursor"
) -> None:
    UserFactory(username="ada")
    replicated()

    for table, columns in published_columns().items():
        reader.execute(f"SELECT {', '.join(columns)} FROM {table}")
    reader.execute("SELECT username FROM users")
    assert reader.fetchall() == [("ada",)]
    for column in NOT_PUBLISHED:
        with pytest.raises(errors.InsufficientPrivilege):
            reader.execute(f"SELECT {column} FROM users")
    with pytest.raises(errors.InsufficientPrivilege):
        reader.execute("SELECT * FROM users")


WRITES = (
    "INSERT INTO users (user_id, username) VALUES (gen_random_uuid(), 'x')",
    "INSERT INTO user_watch_history DEFAULT VALUES",
    "UPDATE users SET username = 'x'",
    "DELETE FROM user_watch_history",
    "TRUNCATE user_watch_history",
    "SELECT username FROM users FOR UPDATE",
    "CREATE TABLE mine (a int)",
    "CREATE TABLE mine AS SELECT username FROM users",
    "CREATE SCHEMA mine",
    "ALTER TABLE users DISABLE TRIGGER ALL",
    "DROP TABLE users",
)


@pytest.mark.parametrize("write", WRITES)
def test_the_reader_cannot_write(reader: "psycopg2.extensions.cursor", write: str) -> None:
    """By default not in any transaction; and where it asks for one that writes, not for want of rights."""
    with pytest.raises(errors.ReadOnlySqlTransaction):
        reader.execute(write)
    reader.execute("SET default_transaction_read_only = off")
    with pytest.raises(errors.InsufficientPrivilege):
        reader.execute(write)


OUT_OF_REACH = (
    "CREATE TEMPORARY TABLE mine (a int)",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT pg_logical_emit_message(false, 'x', 'x')",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_ls_dir('.')",
    "COPY (SELECT username FROM users) TO PROGRAM 'cat'",
    "COPY (SELECT username FROM users) TO '/dev/null'",
    "SELECT rolpassword FROM pg_authid",
    "SELECT subconninfo FROM pg_subscription",
    "SELECT * FROM django_migrations",
    "LOCK TABLE users IN EXCLUSIVE MODE",
)


@pytest.mark.parametrize("statement", OUT_OF_REACH)
def test_the_reader_reaches_nothing_beside_its_tables(
    reader: "psycopg2.extensions.cursor", statement: str
) -> None:
    reader.execute("SET default_transaction_read_only = off")
    with pytest.raises(errors.InsufficientPrivilege):
        reader.connection.autocommit = False  # LOCK wants a transaction
        reader.execute(statement)


def test_the_reader_cannot_become_another_role(reader: "psycopg2.extensions.cursor") -> None:
    owner = connections["analytics_replica"].settings_dict["USER"]
    reader.execute("SET default_transaction_read_only = off")
    for statement in (f"SET ROLE {owner}", f"ALTER ROLE {owner} PASSWORD 'x'", "CREATE ROLE mine"):
        with pytest.raises(errors.InsufficientPrivilege):
            reader.execute(statement)


def test_the_reader_is_limited_by_default(reader: "psycopg2.extensions.cursor") -> None:
    reader.execute(
        """SELECT current_setting('default_transaction_read_only'), current_setting('statement_timeout'),
                  rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls
             FROM pg_roles WHERE rolname = current_user"""
    )

    assert reader.fetchone() == ("on", "30s", False, False, False, False, False)


MAY_READ = [f"may read public.users.{column}" for column in sorted(NOT_PUBLISHED)]
ON_THIS_DATABASE = "DO $$ BEGIN EXECUTE format('{}', current_database()); END $$"
EXCESSES = {
    "GRANT SELECT (email) ON users TO analytics_reader": ["may read public.users.email"],
    "GRANT SELECT ON users TO PUBLIC": MAY_READ,
    "GRANT SELECT (email), UPDATE (email) ON users TO PUBLIC": [
        "may read public.users.email",
        "has UPDATE on public.users",
    ],
    "GRANT INSERT, DELETE ON users TO PUBLIC": ["has DELETE, INSERT on public.users"],
    "GRANT TRUNCATE, TRIGGER, REFERENCES ON users TO analytics_reader": [
        "has REFERENCES, TRIGGER, TRUNCATE on public.users"
    ],
    "GRANT USAGE ON SEQUENCE django_migrations_id_seq TO analytics_reader": [
        "has USAGE on public.django_migrations_id_seq"
    ],
    "REVOKE SELECT (username) ON users FROM analytics_reader": ["may not read public.users.username"],
    "GRANT CREATE ON SCHEMA public TO PUBLIC": ["may create in schema public"],
    ON_THIS_DATABASE.format("GRANT CREATE ON DATABASE %I TO analytics_reader"): [
        "has CREATE on the database"
    ],
    ON_THIS_DATABASE.format("GRANT TEMPORARY ON DATABASE %I TO PUBLIC"): ["has TEMPORARY on the database"],
    "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC": ["may call what writes: lo_create(oid)"],
    "GRANT pg_monitor TO analytics_reader": ["is a member of pg_monitor"],
    "ALTER ROLE analytics_reader CREATEDB CREATEROLE REPLICATION BYPASSRLS": [
        "is CREATEDB",
        "is CREATEROLE",
        "is REPLICATION",
        "is BYPASSRLS",
    ],
    "ALTER ROLE analytics_reader SUPERUSER": ["is SUPERUSER"],
    "ALTER ROLE analytics_reader RESET statement_timeout": ["has statement_timeout unset, not 30s"],
    ON_THIS_DATABASE.format(
        "ALTER ROLE analytics_reader IN DATABASE %I SET default_transaction_read_only = off"
    ): ["has default_transaction_read_only off, not on"],
}


@pytest.mark.parametrize("excess", EXCESSES)
def test_a_right_that_is_not_wanted_is_found_and_taken_back(mended: Callable[[], None], excess: str) -> None:
    """To PUBLIC, to a role above it, to it alone: all the same."""
    run(excess)

    found = role.findings(published_column_types())
    federation.set_up(published_column_types())

    assert [finding.what.removeprefix("analytics_reader ") for finding in found] == EXCESSES[excess]
    assert {finding.repair for finding in found} == {"manage.py federation setup"}
    assert role.findings(published_column_types()) == []


def test_a_changed_password_is_the_role_s_next_one(stores: None) -> None:
    """A role of its own: the reader's password is every worker's."""
    name = f"test_reader_{WORKER or 'alone'}"
    try:
        made = [
            make_role("analytics_replica", name, password, attributes="LOGIN")
            for password in ("first", "it's the \\ second")
        ]
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            connected_as(name, "first")
        connected_as(name, "it's the \\ second").close()
    finally:
        run(f"DROP ROLE IF EXISTS {name}")
    assert made == [True, False]


def connected_as(name: str, password: str) -> "psycopg2.extensions.connection":
    replica = connections["analytics_replica"].settings_dict
    return psycopg2.connect(
        host=replica["HOST"], port=replica["PORT"], dbname=replica["NAME"], user=name, password=password
    )


def run(statement: str) -> None:
    with connections["analytics_replica"].cursor() as cursor:
        cursor.execute(statement)
