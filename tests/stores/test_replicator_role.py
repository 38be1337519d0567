"""The role that the subscriber connects to the primary as: what it may read, and that it may do nothing else."""

import psycopg2
import pytest
from django.conf import settings
from django.db import connections
from psycopg2 import errors

from analytics.replication import published_columns
from streaming.stores.replication import setup
from tests.factories import UserFactory

NOT_PUBLISHED = ("email", "password", "last_login", "is_active", "is_staff", "is_superuser")


def test_the_replicator_reads_published_columns_only(stores: None) -> None:
    UserFactory(username="ada")

    with as_replicator() as cursor:
        cursor.execute("SELECT user_id, username, registration_date FROM users")
        assert [row[1] for row in cursor.fetchall()] == ["ada"]
        for column in NOT_PUBLISHED:
            assert refused(cursor, f"SELECT {column} FROM users")
        for table in ("django_session", "token_blacklist_outstandingtoken", "users_groups", "auth_group"):
            assert refused(cursor, f"SELECT 1 FROM {table}")
        assert refused(cursor, "UPDATE users SET username = 'x'")
        assert refused(cursor, "DELETE FROM user_watch_history")
        assert refused(cursor, "CREATE TABLE mine (a int)")


def test_a_grant_that_is_no_longer_wanted_is_taken_back(stores: None, alone_on_servers: None) -> None:
    with connections["default"].cursor() as owner:
        owner.execute("GRANT SELECT (email), UPDATE (email) ON users TO analytics_replicator")
        owner.execute("GRANT SELECT, DELETE ON django_session TO analytics_replicator")

    setup.set_up(published_columns())

    with as_replicator() as cursor:
        assert refused(cursor, "SELECT email FROM users")
        assert refused(cursor, "UPDATE users SET email = ''")
        assert refused(cursor, "SELECT 1 FROM django_session")
        assert refused(cursor, "DELETE FROM django_session")
        cursor.execute("SELECT username FROM users")


class as_replicator:
    """A cursor on the primary of the role that the subscriber connects as."""

    def __enter__(self) -> "psycopg2.extensions.cursor":
        primary = connections["default"].settings_dict
        self.connection = psycopg2.connect(
            host=primary["HOST"],
            port=primary["PORT"],
            dbname=primary["NAME"],
            user="analytics_replicator",
            password=settings.REPLICATION_PASSWORD,
        )
        self.connection.autocommit = True
        return self.connection.cursor()

    def __exit__(self, *_: object) -> None:
        self.connection.close()


def refused(cursor: "psycopg2.extensions.cursor", statement: str) -> bool:
    with pytest.raises(errors.InsufficientPrivilege):
        cursor.execute(statement)
    return True
