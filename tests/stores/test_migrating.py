"""Schema changes of replicated tables, on a real publisher and subscriber: the order, the refusals, the second run."""

import io
import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings

from analytics.models import User
from analytics.replication import published_columns
from streaming.stores import replica
from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from streaming.stores.migrating import NotMigrated, Step, migrate, planned, unapplied
from streaming.stores.migrating.columns import widens
from streaming.stores.refusal import Refused
from streaming.stores.replication import setup
from streaming.stores.statements import column_types, rows
from tests.factories import UserFactory, WatchHistoryFactory
from tests.outages import away

QUIET = {"verbosity": 0}
NUMBERS = itertools.count()
INITIAL = """
from importlib import import_module
Migration = import_module("analytics.migrations.0001_initial").Migration
"""
LATER = """
from django.db import migrations, models
from django.db.models.functions import Length
class Unknown(migrations.operations.base.Operation):
    def state_forwards(self, *args):
        pass
class Migration(migrations.Migration):
    dependencies = [("analytics", "{before}")]
    operations = [{operations}]
"""
NICKNAME = "migrations.AddField('user', 'nickname', models.CharField(max_length=20, null=True))"
NO_NICKNAME = "migrations.RemoveField('user', 'nickname')"
LOOSER = (
    "migrations.AlterField('watchhistory', 'last_position_seconds', models.PositiveIntegerField(null=True))"
)
TIGHTER = "migrations.AlterField('watchhistory', 'last_position_seconds', models.PositiveIntegerField())"
UNIQUE = "migrations.AddConstraint('watchhistory', models.UniqueConstraint(fields=['user', 'watched_at'], name='once'))"
NOT_UNIQUE = "migrations.RemoveConstraint('watchhistory', 'once')"
WIDER = "migrations.AlterField('user', 'username', models.CharField(max_length=300, unique=True))"

Written = Callable[..., None]


@pytest.fixture
def mended(
    replicated: Callable[[], None], alone_on_servers: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Call it to wait for the replica. At the end replication is as the whole session needs it."""
    monkeypatch.setattr(replica, "ANSWER_KEPT", timedelta(0))  # a new copy waits that long
    yield replicated
    setup.set_up(published_columns())
    replicated()


@pytest.fixture
def written(mended: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Call it with the operations of migrations 0002, 0003 … of analytics; they are undone after the test."""
    package = f"written_{next(NUMBERS)}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / "0001_initial.py").write_text(INITIAL)
    monkeypatch.syspath_prepend(tmp_path)

    def write(*migrations: str) -> None:
        before = "0001_initial"
        for number, operations in enumerate(migrations, 2):
            name = f"{number:04}_change"
            text = LATER.format(before=before, operations=operations)
            (tmp_path / package / f"{name}.py").write_text(text)
            before = name

    with override_settings(MIGRATION_MODULES={"analytics": package}):
        yield write
        for alias in (ANALYTICS, REPLICA, CATALOG):
            if ("analytics", "0002_change") in MigrationRecorder(connections[alias]).applied_migrations():
                undo(alias)


def undo(alias: str) -> None:
    """Back to the first migration, without rows; on the primary off the publication, which holds types fast."""
    if alias == ANALYTICS:
        run(ANALYTICS, "DELETE FROM user_watch_history; DELETE FROM users")
        run(ANALYTICS, "ALTER PUBLICATION analytics_pub DROP TABLE users, user_watch_history")
    call_command("migrate", "analytics", "0001", database=alias, **QUIET)
    if alias == ANALYTICS:
        for table, columns in published_columns().items():
            run(ANALYTICS, f"ALTER PUBLICATION analytics_pub ADD TABLE {table} ({', '.join(columns)})")


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


def ran(steps: list[Step], *, after_each: Callable[[], object]) -> list[tuple[str, ...]]:
    """Runs the steps and calls `after_each`; alias and migrations of each."""
    done = []
    for step in migrate(steps, await_seconds=20, **QUIET):
        after_each()
        done.append((step.alias, *(name for _, name in step.migrations)))
    return done


def same_rows() -> None:
    for table, columns in published_columns().items():
        query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1"
        assert rows(REPLICA, query) == rows(ANALYTICS, query)
        assert rows(ANALYTICS, query)


def test_what_adds_runs_on_the_replica_first_and_rows_keep_flowing(
    written: Written, replicated: Callable[[], None]
) -> None:
    written(NICKNAME)

    def a_play_arrives() -> None:
        WatchHistoryFactory()
        replicated()
        same_rows()

    steps = planned(published_columns())

    assert [step.why for step in steps] == [
        "replica first: rows may arrive without the new column",
        "then the primary",
        "any order: no replicated row depends on it",
    ]
    assert ran(steps, after_each=a_play_arrives) == [
        (REPLICA, "0002_change"),
        (ANALYTICS, "0002_change"),
        (CATALOG, "0002_change"),
    ]
    assert planned(published_columns()) == []
    assert column_types(REPLICA, "users")["nickname"] == "character varying(20)"


def test_a_sequence_keeps_each_migrations_order_and_rows_keep_flowing(
    written: Written, replicated: Callable[[], None]
) -> None:
    written(NICKNAME, NO_NICKNAME, LOOSER, TIGHTER, UNIQUE, NOT_UNIQUE, WIDER)

    def a_play_arrives() -> None:
        WatchHistoryFactory()
        replicated()
        same_rows()

    done = ran(planned(published_columns()), after_each=a_play_arrives)

    assert [step for step in done if step[0] != CATALOG] == [
        (REPLICA, "0002_change"),
        (ANALYTICS, "0002_change"),
        (ANALYTICS, "0003_change"),
        (REPLICA, "0003_change"),
        (REPLICA, "0004_change"),
        (ANALYTICS, "0004_change"),
        (ANALYTICS, "0005_change", "0006_change"),
        (REPLICA, "0005_change", "0006_change"),
        (REPLICA, "0007_change"),
        (ANALYTICS, "0007_change"),
        (REPLICA, "0008_change"),
        (ANALYTICS, "0008_change"),
    ]


def test_rows_that_only_the_looser_rule_takes_arrive_as_soon_as_the_primary_takes_them(
    written: Written, replicated: Callable[[], None]
) -> None:
    written(LOOSER, WIDER)
    play = WatchHistoryFactory()
    steps = planned(published_columns())

    assert [step for step in ran(steps, after_each=replicated) if step[0] == REPLICA] == [
        (REPLICA, "0002_change"),
        (REPLICA, "0003_change"),
    ]
    User.objects.filter(pk=play.user_id).update(username="a" * 300)
    run(ANALYTICS, "UPDATE user_watch_history SET last_position_seconds = NULL")
    replicated()

    assert rows(REPLICA, "SELECT last_position_seconds, length(username) FROM users, user_watch_history") == [
        (None, 300)
    ]


def test_a_new_column_is_published_by_the_set_up_that_follows(
    mended: Callable[[], None], written: Written
) -> None:
    written(NICKNAME)
    UserFactory()
    published = published_columns()
    published["users"] = (*published["users"], "nickname")

    ran(planned(published), after_each=mended)
    run(ANALYTICS, "UPDATE users SET nickname = 'ada'")
    setup.set_up(published)
    mended()
    assert rows(REPLICA, "SELECT nickname FROM users") == [("ada",)]

    setup.set_up(published_columns())


@pytest.mark.parametrize(
    ("operations", "why"),
    [
        ("migrations.RenameField('user', 'username', 'name')", "it renames a published column"),
        (
            "migrations.AlterField('user', 'username', models.CharField(max_length=150, unique=True, db_column='n'))",
            "it renames a published column",
        ),
        ("migrations.AlterModelTable('user', 'people')", "it renames a replicated table"),
        ("migrations.DeleteModel('WatchHistory')", "the server's publication still sends its rows"),
        (
            "migrations.RemoveField('user', 'registration_date')",
            "analytics.replication.PUBLISHED still names the column",
        ),
        (
            "migrations.AlterField('user', 'username', models.CharField(max_length=20, unique=True))",
            "the replica and the primary would differ in varchar(150) and varchar(20)",
        ),
        (
            "migrations.AddField('user', 'age', models.IntegerField(default=0))",
            "rows arrive without the column, which is not null and has no default in the database",
        ),
        (
            "migrations.AlterField('user', 'password', models.CharField(max_length=128))",
            "rows arrive without the column, which becomes not null without a default in the database",
        ),
        (
            f"{LOOSER}, {UNIQUE}",
            "one part goes to the replica first (rows that only the looser rule takes must be welcome), "
            "another to the primary first (rows that break it must be refused before the replica meets them)",
        ),
        (
            "migrations.AddField('user', 'friends', models.ManyToManyField('self'))",
            "the replica has no table for the other side",
        ),
        (
            "migrations.AddField('user', 'group', models.ForeignKey('auth.Group', models.CASCADE, null=True))",
            "it points at a table that the replica does not have",
        ),
        (
            "migrations.AddConstraint('user', models.UniqueConstraint(Length('email'), name='once'))",
            "email holds its default in every row of the replica",
        ),
        (
            "migrations.AddConstraint('user', models.CheckConstraint(condition=models.Q(is_staff=False), name='x'))",
            "is_staff holds its default in every row of the replica",
        ),
        (
            "migrations.RunSQL('SELECT 1', hints={'replicated': True})",
            "its SQL cannot be judged",
        ),
        (
            "migrations.RunSQL('ALTER TABLE public.users DROP COLUMN username')",
            "its SQL alters a replicated table on the primary and cannot be judged",
        ),
        (
            "migrations.RunPython(migrations.RunPython.noop, hints={'replicated': True})",
            "nobody but the apply worker writes the replica",
        ),
        (
            "migrations.SeparateDatabaseAndState([migrations.RenameField('user', 'username', 'name')])",
            "it renames a published column",
        ),
        ("Unknown()", "it is an operation of an unknown kind"),
    ],
)
def test_what_would_stop_the_apply_worker_is_refused_before_anything_ran(
    written: Written, operations: str, why: str
) -> None:
    written(NICKNAME, operations)

    with pytest.raises(Refused) as refusal:
        planned(published_columns())

    assert str(refusal.value).startswith(
        "analytics.0003_change would stop the apply worker, and nothing was done: "
    )
    assert f": {why}; the way out: " in str(refusal.value)
    assert str(refusal.value).endswith(" (docs/adr/0008-replica-first-publication-last.md).")
    for alias in (REPLICA, ANALYTICS):
        assert unapplied(alias) == ["analytics.0002_change", "analytics.0003_change"]


@pytest.mark.parametrize(
    "operations",
    [
        "migrations.RenameField('user', 'email', 'address')",
        "migrations.AlterField('user', 'username', models.CharField('name', max_length=150, unique=True))",
        "migrations.AddIndex('user', models.Index(fields=['email'], name='by_email'))",
        "migrations.RunSQL('UPDATE users SET is_staff = false', '')",
        "migrations.RunSQL('ALTER TABLE users ADD CHECK (true)', '', hints={'replicated': False})",
        "migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop)",
        "migrations.AlterModelOptions('user', {'verbose_name': 'viewer'})",
        "migrations.CreateModel('Note', [('id', models.UUIDField(primary_key=True))])",
    ],
)
def test_what_no_replicated_row_depends_on_runs_in_one_go(
    written: Written, replicated: Callable[[], None], operations: str
) -> None:
    written(operations)

    def a_user_arrives() -> None:
        with connections[ANALYTICS].cursor() as cursor:
            cursor.execute(
                "INSERT INTO users (user_id, username) SELECT id, id::text FROM gen_random_uuid() id"
            )
        replicated()

    steps = planned(published_columns())

    assert {step.why for step in steps} == {"any order: no replicated row depends on it"}
    assert [step.alias for step in steps] == [REPLICA, ANALYTICS, CATALOG]
    assert len(ran(steps, after_each=a_user_arrives)) == 3
    assert rows(REPLICA, "SELECT count(*) FROM users") == [(3,)]


def test_sql_whose_author_says_when_runs_on_both(written: Written, replicated: Callable[[], None]) -> None:
    drop = "ALTER TABLE users ALTER email DROP NOT NULL', 'ALTER TABLE users ALTER email SET NOT NULL"
    written(*(f"migrations.RunSQL('{drop}', hints={{'replicated': '{when}'}})" for when in ("first", "last")))

    done = ran(planned(published_columns()), after_each=replicated)

    assert [alias for alias, *_ in done if alias != CATALOG] == [REPLICA, ANALYTICS, ANALYTICS, REPLICA]


def test_a_run_that_was_cut_off_is_finished_by_the_next(
    written: Written, replicated: Callable[[], None]
) -> None:
    written(NICKNAME, NO_NICKNAME)

    def cut_off(execute: Any, sql: str, *rest: Any) -> Any:
        if 'ADD COLUMN "nickname"' in sql:
            raise OperationalError("the primary went away")
        return execute(sql, *rest)

    with connections[ANALYTICS].execute_wrapper(cut_off):
        with pytest.raises(
            NotMigrated, match=r"^Migrating the analytics primary ended half-way \(what ran before"
        ):
            list(migrate(planned(published_columns()), **QUIET))
    assert unapplied(REPLICA) == ["analytics.0003_change"]
    UserFactory()
    replicated()

    done = ran(planned(published_columns()), after_each=replicated)

    assert [step for step in done if step[0] != CATALOG] == [
        (ANALYTICS, "0002_change"),
        (ANALYTICS, "0003_change"),
        (REPLICA, "0003_change"),
    ]


def test_the_replica_follows_a_primary_that_was_migrated_by_hand(
    mended: Callable[[], None], written: Written
) -> None:
    """Refusing would leave the apply worker stopped for good."""
    written("migrations.RenameField('user', 'username', 'name')")
    call_command("migrate", "analytics", database=ANALYTICS, **QUIET)
    run(ANALYTICS, "INSERT INTO users (user_id, name) VALUES (gen_random_uuid(), 'ada')")

    for _ in migrate(planned(published_columns()), await_seconds=0.1, **QUIET):
        pass
    mended()

    assert rows(REPLICA, "SELECT name FROM users") == [("ada",)]


@pytest.mark.parametrize(("store", "name"), [("replica", "replica"), ("analytics", "primary")])
def test_a_store_that_is_away_ends_it_before_anything_ran(written: Written, store: str, name: str) -> None:
    written(NICKNAME)

    with away(store), pytest.raises(NotMigrated) as refusal:
        planned(published_columns())

    assert str(refusal.value).startswith(f"The analytics {name} does not answer, and nothing was done: ")
    for alias in (REPLICA, ANALYTICS, CATALOG):
        assert unapplied(alias) == ["analytics.0002_change"]


def test_a_replica_that_lags_is_not_left_behind(mended: Callable[[], None], written: Written) -> None:
    written(UNIQUE)
    run(REPLICA, "ALTER SUBSCRIPTION analytics_sub DISABLE")
    UserFactory()

    with pytest.raises(NotMigrated) as refusal:
        list(migrate(planned(published_columns()), await_seconds=0.1, **QUIET))

    assert "within 0.1 s, and it has to before its schema changes (nothing was done)" in str(refusal.value)
    assert unapplied(ANALYTICS) == ["analytics.0002_change"]


def test_without_a_subscription_nothing_is_refused(mended: Callable[[], None], written: Written) -> None:
    written("migrations.RenameField('user', 'username', 'name')")
    run(REPLICA, "DROP SUBSCRIPTION analytics_sub")

    assert [step.alias for step in planned(published_columns())] == [REPLICA, ANALYTICS, CATALOG]


def test_the_command_prints_the_plan_then_runs_it(written: Written) -> None:
    written(UNIQUE)

    assert said("--plan") == (
        "1. default: analytics.0002_change\n"
        "   primary first: rows that break it must be refused before the replica meets them\n"
        "2. analytics_replica: analytics.0002_change\n"
        "   replica last, once it has applied that\n"
        "3. catalog: analytics.0002_change\n"
        "   any order: no replicated row depends on it\n"
    )
    assert said(verbosity=0).splitlines() == [
        f"{alias}: analytics.0002_change" for alias in ("default", "analytics_replica", "catalog")
    ]
    assert said() == "every database is at the code's migrations\n"


def test_the_command_ends_with_one_sentence(written: Written) -> None:
    written("migrations.RenameField('user', 'username', 'name')")

    with pytest.raises(CommandError) as refusal:
        said()

    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        ("integer", "bigint", True),
        ("bigint", "integer", False),
        ("varchar(10)", "varchar(10)", True),
        ("varchar(10)", "varchar(9)", False),
        ("varchar(10)", "varchar", True),
        ("varchar", "varchar(10)", False),
        ("varchar(10)", "text", True),
        ("text", "varchar", True),
        ("text", "varchar(10)", False),
        ("numeric(3, 1)", "numeric(5, 2)", True),
        ("numeric(3, 1)", "numeric(3, 2)", False),
        ("integer", "text", False),
        ("date", "timestamp with time zone", False),
    ],
)
def test_a_type_is_wider_when_it_takes_every_value(before: str, after: str, wider: bool) -> None:
    assert widens(before, after) is wider


def said(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("migrate_stores", *arguments, stdout=out, **options)
    return out.getvalue()
