"""The whole schema of a primary, built by the migrations beside the tables that the replica has.

It stands in schema `promoted` of the replica's database until a promotion moves it to `public` in one transaction;
before that nothing that the replica serves is touched. The schema's comment says, once the replica has all that
the primary had, how many rows that was: a promotion that was interrupted goes on from there.

Entry points: `build`, `built_tables`, `drop_build`, `is_whole`, `people_tables`, `note_final`, `noted_final`.
Failure: `django.db.Error`s.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections, transaction
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.router import HOME, REPLICATED
from streaming.stores.statements import rows, run, scalar

SCHEMA = "promoted"
MIGRATIONS = "django_migrations"

RowCounts = Mapping[str, int]


def build() -> None:
    """Makes the schema anew; what was noted of the rows stays."""
    counts = noted_final()
    with transaction.atomic(using=REPLICA):
        drop_build()
        run(REPLICA, sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
        if counts is not None:
            note_final(counts)
    with _primary_in_schema():
        call_command("migrate", database=ANALYTICS, verbosity=0, interactive=False)
    ContentType.objects.clear_cache()  # those it has seen are the new schema's


def drop_build() -> None:
    run(REPLICA, sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(SCHEMA)))


def built_tables() -> list[str]:
    return [
        name
        for (name,) in rows(
            REPLICA, "SELECT tablename::text FROM pg_tables WHERE schemaname = %s ORDER BY 1", SCHEMA
        )
    ]


def is_whole(alias: str) -> bool:
    """Whether the database has tables that are only a primary's: of it a replica can be made, not the other way."""
    private = set(people_tables()) - {apps.get_model(label)._meta.db_table for label in REPLICATED}
    query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY({})"
    return bool(scalar(alias, sql.SQL(query).format(sql.Literal(sorted(private)))))


def people_tables() -> list[str]:
    """Every table of the apps about people, those of many-to-many fields included."""
    models = apps.get_models(include_auto_created=True)
    return sorted({m._meta.db_table for m in models if HOME.get(m._meta.app_label) == ANALYTICS})


def note_final(counts: RowCounts) -> None:
    """Notes that these are all rows there will be: the primary takes no more, or is lost."""
    run(
        REPLICA,
        sql.SQL("COMMENT ON SCHEMA {} IS {}").format(
            sql.Identifier(SCHEMA), sql.Literal(json.dumps(counts, sort_keys=True))
        ),
    )


def noted_final() -> RowCounts | None:
    comment = scalar(REPLICA, "SELECT obj_description(to_regnamespace(%s)::oid, 'pg_namespace')", SCHEMA)
    return None if comment is None else json.loads(comment)


@contextmanager
def _primary_in_schema() -> Iterator[None]:
    """The primary's alias leads to the replica's database, into the schema: for `migrate`, which asks by alias."""
    primary = connections[ANALYTICS]
    there = connections[REPLICA].copy(alias=ANALYTICS)
    options = there.settings_dict["OPTIONS"]
    there.settings_dict["OPTIONS"] = {**options, "options": f"-c search_path={SCHEMA}"}
    connections[ANALYTICS] = there
    try:
        yield
    finally:
        connections[ANALYTICS] = primary
        there.close()
