"""Which database has which table: the router's answers, and what `migrate` really made of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.db import connections, models, router

from analytics.models import User, WatchHistory
from catalog.models import Content, Credit
from streaming.stores import replica
from streaming.stores.router import HOME, TABLELESS, StoreRouter, UnknownApp, home_of
from tests.served import until
from trending.models import TrendingDaily

MODELS = apps.get_models(include_auto_created=True)


@pytest.mark.parametrize(
    ("app", "alias"),
    [
        ("analytics", "default"),
        ("auth", "default"),
        ("contenttypes", "default"),
        ("sessions", "default"),
        ("admin", "default"),
        ("token_blacklist", "default"),
        ("catalog", "catalog"),
        ("trending", "catalog"),
    ],
)
def test_an_app_reads_and_writes_at_home(app: str, alias: str) -> None:
    for model in apps.get_app_config(app).get_models(include_auto_created=True):
        assert (router.db_for_read(model), router.db_for_write(model)) == (alias, alias), model


def test_inside_a_reading_of_the_replica_its_models_are_read_there_and_nothing_else_is(stores: None) -> None:
    until(replica.usable, "the replica is seen to have caught up")
    with replica.reading():
        inside = {model: router.db_for_read(model) for model in MODELS}
        written = {model: router.db_for_write(model) for model in MODELS}
        with ThreadPoolExecutor(1) as pool:
            of_another_thread = pool.submit(router.db_for_read, User).result()

    assert {model for model, alias in inside.items() if alias == "analytics_replica"} == {User, WatchHistory}
    homes = {model: home_of(model._meta.app_label) for model in MODELS}
    assert {model: alias for model, alias in inside.items() if model not in (User, WatchHistory)} == {
        model: alias for model, alias in homes.items() if model not in (User, WatchHistory)
    }
    assert written == homes
    assert of_another_thread == router.db_for_read(User) == "default"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_installed_model_has_one_home(model: type[models.Model]) -> None:
    label = model._meta.app_label

    homes = [db for db in ("default", "catalog") if router.allow_migrate_model(db, model)]

    assert homes == [home_of(label)]


def test_every_installed_app_is_either_homed_or_without_tables() -> None:
    labels = {config.label for config in apps.get_app_configs()}
    with_models = {model._meta.app_label for model in MODELS}

    assert labels == set(HOME) | TABLELESS
    assert set(HOME) & TABLELESS == set()
    assert with_models & TABLELESS == set()


@pytest.mark.parametrize("db", ["default", "catalog", "analytics_replica"])
def test_an_unknown_app_is_an_error_and_not_a_default(db: str) -> None:
    with pytest.raises(UnknownApp, match=r"'billing'.*HOME in streaming.stores.router"):
        StoreRouter().allow_migrate(db, "billing", "invoice")


@pytest.mark.parametrize(
    ("left", "right", "allowed"),
    [
        (User, WatchHistory, True),
        (Content, Credit, True),
        (Content, TrendingDaily, True),
        (User, Content, False),
        (TrendingDaily, User, False),
        (WatchHistory, Content, False),
    ],
)
def test_relations_stay_within_a_store(
    left: type[models.Model], right: type[models.Model], allowed: bool
) -> None:
    assert router.allow_relation(left(), right()) is allowed
    assert router.allow_relation(right(), left()) is allowed


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_model_points_into_another_store(model: type[models.Model]) -> None:
    targets = [field.related_model._meta.app_label for field in model._meta.get_fields() if field.is_relation]  # type: ignore[union-attr]

    assert {home_of(target) for target in targets} <= {home_of(model._meta.app_label)}


@pytest.mark.parametrize(
    ("db", "app", "model_name", "hints", "runs"),
    [
        ("default", "analytics", None, {}, True),
        ("catalog", "analytics", None, {}, False),
        ("catalog", "catalog", None, {}, True),
        ("default", "catalog", None, {"replicated": True}, False),
        ("analytics_replica", "analytics", None, {}, False),
        ("analytics_replica", "analytics", None, {"replicated": True}, True),
        ("analytics_replica", "analytics", "User", {}, True),
        ("analytics_replica", "analytics", "watchhistory", {}, True),
        ("analytics_replica", "analytics", "user_groups", {}, False),
        ("analytics_replica", "catalog", "content", {}, False),
        ("default", "messages", "message", {}, False),
    ],
)
def test_what_a_migration_may_do_where(
    db: str, app: str, model_name: str | None, hints: dict[str, bool], runs: bool
) -> None:
    assert StoreRouter().allow_migrate(db, app, model_name, **hints) is runs


@pytest.mark.parametrize("alias", ["default", "catalog"])
def test_migrate_makes_exactly_the_tables_that_belong(stores: None, alias: str) -> None:
    belonging = {model._meta.db_table for model in MODELS if home_of(model._meta.app_label) == alias}

    assert tables_of(alias) == belonging | {"django_migrations"}


def test_the_replica_has_the_two_replicated_tables_and_no_other(stores: None) -> None:
    """Of the users' many-to-many tables neither is there: their rows are not replicated."""
    assert tables_of("analytics_replica") == {"users", "user_watch_history", "django_migrations"}


def test_the_catalog_has_the_published_tables(stores: None) -> None:
    assert tables_of("catalog") >= {
        "content_metadata",
        "cast_crew",
        "genres",
        "content_cast_crew",
        "content_genres",
        "trending_daily",
    }


def test_every_key_of_a_table_with_content_id_starts_with_it(stores: None) -> None:
    """Citus refuses any other key on a table distributed by `content_id`; a new child table may forget it."""
    keys = keys_of_tables_with_content_id()

    assert keys["content_metadata"] == [("content_id",)]
    assert keys["content_genres"] == [("content_id", "genre_id")]
    for table in ("content_cast_crew", "seasons", "content_sources", "trending_daily"):
        assert ("content_id", "id") in keys[table]
    assert keys.pop("external_id_claims") == [
        ("value", "scheme")
    ]  # cut by `value`, so that it is unique over all
    assert {table: key for table, wide in keys.items() for key in wide if key[0] != "content_id"} == {}


def test_every_table_with_content_id_has_a_primary_key(stores: None) -> None:
    with connections["catalog"].cursor() as cursor:
        cursor.execute(
            """SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attname = 'content_id'
                  AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)"""
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize("table", ["content_cast_crew", "seasons", "content_sources", "trending_daily"])
def test_the_orm_still_finds_a_child_row_by_its_id_through_an_index(stores: None, table: str) -> None:
    with connections["catalog"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%%(id)'", [table]
        )
        assert cursor.fetchone() == (1,)


def tables_of(alias: str) -> set[str]:
    """And views, but for those of an extension: Citus has some in `public`."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            """SELECT relname FROM pg_class c
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
                  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"""
        )
        return {name for (name,) in cursor.fetchall()}


def keys_of_tables_with_content_id() -> dict[str, list[tuple[str, ...]]]:
    """Table to the columns of each of its unique keys, in their order, the primary key first."""
    with connections["catalog"].cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, array_agg(a.attname::text ORDER BY k.place)
                 FROM pg_index i
                 JOIN pg_class c ON c.oid = i.indrelid
                 CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
                 LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique
                  AND EXISTS (SELECT FROM pg_attribute
                               WHERE attrelid = c.oid AND attname = 'content_id' AND NOT attisdropped)
                GROUP BY c.relname, i.indexrelid, i.indisprimary ORDER BY c.relname, i.indisprimary DESC"""
        )
        keys: dict[str, list[tuple[str, ...]]] = {}
        for table, columns in cursor.fetchall():
            keys.setdefault(table, []).append(tuple(columns))
        return keys
