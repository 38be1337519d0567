"""Migrations of a catalog that is distributed already: new tables find their places, old ones change as ever.

The models are thrown away with the test; what migrates them is Django's own schema editor and executor of operations.
"""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, connections, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState, StateApps
from psycopg2 import sql

from streaming.stores.aliases import CATALOG
from streaming.stores.citus import cluster
from streaming.stores.citus.writing import MIXED, REFUSED_AT_COMMIT
from streaming.stores.operations import KeyWithContent, ReferenceTable, SpreadBy
from streaming.stores.statements import rows, run, scalar
from tests.environment import DISTRIBUTED
from tests.factories import ContentFactory, GenreFactory

pytestmark = [
    pytest.mark.citus,
    pytest.mark.skipif(not DISTRIBUTED, reason="of a distributed catalog: run by `make test-citus`"),
]
Migrate = Callable[..., StateApps]


@pytest.fixture
def migrate(stores: None) -> Iterator[Migrate]:
    """Runs operations as one migration of the catalog's and returns the models after it; undone with the test."""
    state = ProjectState.from_apps(apps)
    known = {table for (table,) in rows(CATALOG, "SELECT relname::text FROM pg_class WHERE relkind = 'r'")}

    def apply(*operations: Operation) -> StateApps:
        made = type("ThrowAway", (Migration,), {"operations": list(operations)})
        migration: Migration = made("throw_away", "catalog")
        with connections[CATALOG].schema_editor(atomic=True) as editor:
            migration.apply(state, editor)
        return state.apps

    yield apply
    run(CATALOG, sql.SQL("ALTER TABLE seasons DROP COLUMN IF EXISTS studio_id"))
    made = [table for table in cluster.placed() if table not in known]
    if made:
        run(CATALOG, _drop(made))


def _drop(tables: list[str]) -> sql.Composed:
    return sql.SQL("DROP TABLE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, tables)))


def child(name: str, *fields: tuple[str, models.Field], indexed: bool = True) -> list[Operation]:
    """A new table of rows that lie with their title, as a migration of the catalog's writes it."""
    table = name.lower()
    content = models.ForeignKey("catalog.content", models.CASCADE, related_name="+", db_index=indexed)
    key = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    made: list[tuple[str, models.Field]] = [("id", key), ("content", content), *fields]
    return [
        migrations.CreateModel(name, made, options={"db_table": table}),
        KeyWithContent(table, table, "id"),
    ]


def reference(name: str) -> list[Operation]:
    made: list[tuple[str, models.Field]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=100, unique=True)),
    ]
    return [
        migrations.CreateModel(name, made, options={"db_table": name.lower()}),
        ReferenceTable(name.lower()),
    ]


def to(model: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(model, models.CASCADE, related_name="+", null=null)


def kinds(*tables: str) -> list[str]:
    placed = cluster.placed()
    root = placed["content_metadata"].colocation
    return [
        f"{placed[table].kind}{' with the titles' if placed[table].colocation == root else ''}"
        for table in tables
    ]


def keys(table: str) -> list[str]:
    found = rows(
        CATALOG,
        "SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND convalidated "
        "AND conrelid = to_regclass(%s) ORDER BY 1",
        table,
    )
    return [target for (target,) in found]


def test_a_migration_may_change_an_old_table_and_then_make_a_new_one(migrate: Migrate) -> None:
    """Without its first line: cannot distribute in sequential mode because a parallel query was executed."""
    studio = migrations.AddField("season", "studio_id", models.UUIDField(null=True))

    migrate(migrations.RunSQL(MIXED), studio, *child("Award"))

    assert kinds("award") == ["distributed with the titles"]
    assert keys("award") == ["content_metadata"]


@pytest.mark.parametrize("indexed", [True, False])
def test_a_new_child_table_lies_with_its_titles(migrate: Migrate, indexed: bool) -> None:
    made = migrate(*child("Trailer", ("genre", to("catalog.genre")), indexed=indexed))

    assert kinds("trailer") == ["distributed with the titles"]
    assert keys("trailer") == ["content_metadata", "genres"]
    trailer = made.get_model("catalog", "Trailer").objects.using(CATALOG)
    content, genre = ContentFactory(), GenreFactory()
    row = trailer.create(content_id=content.content_id, genre_id=genre.genre_id)
    assert trailer.get(content_id=content.content_id).pk == row.pk
    with pytest.raises(REFUSED_AT_COMMIT), transaction.atomic(using=CATALOG):
        trailer.create(content_id=UUID(int=0), genre_id=genre.genre_id)


def test_one_migration_makes_children_and_a_reference_table_that_point_at_each_other(
    migrate: Migrate,
) -> None:
    made = migrate(
        *reference("Studio"),
        *child("Award", ("studio", to("catalog.studio")), ("genre", to("catalog.genre"))),
        *child("Trailer", ("studio", to("catalog.studio", null=True)), ("year", models.IntegerField())),
        *child("Quote", ("text", models.TextField(blank=True, db_default=""))),
        migrations.AddIndex("Trailer", models.Index(fields=["content", "year"], name="trailer_year")),
        migrations.AddConstraint(
            "Quote", models.UniqueConstraint(fields=["content", "text"], name="quote_once")
        ),
        migrations.AddConstraint(
            "Trailer", models.CheckConstraint(condition=models.Q(year__gt=1800), name="trailer_is_not_older")
        ),
    )

    assert kinds("studio", "award", "trailer", "quote") == ["reference", *["distributed with the titles"] * 3]
    assert keys("award") == ["content_metadata", "genres", "studio"]
    assert keys("trailer") == ["content_metadata", "studio"]
    studio = made.get_model("catalog", "Studio").objects.using(CATALOG).create(name="UFA")
    content = ContentFactory()
    award = made.get_model("catalog", "Award").objects.using(CATALOG)
    award.create(content_id=content.content_id, studio_id=studio.pk, genre_id=GenreFactory().genre_id)
    assert award.select_related("studio").get(content_id=content.content_id).studio.name == "UFA"


def test_an_old_table_points_at_a_new_reference_table(migrate: Migrate) -> None:
    content = ContentFactory()

    made = migrate(
        *reference("Studio"), migrations.AddField("Season", "studio", to("catalog.studio", null=True))
    )

    assert "studio" in keys("seasons")
    studio = made.get_model("catalog", "Studio").objects.using(CATALOG).create(name="UFA")
    season = made.get_model("catalog", "Season").objects.using(CATALOG)
    season.create(content_id=content.content_id, number=1, studio_id=studio.pk)
    assert season.get(content_id=content.content_id).studio_id == studio.pk
    migrate(migrations.RemoveField("Season", "studio"))


def test_a_distributed_table_is_altered_as_any_other(migrate: Migrate) -> None:
    migrate(*child("Trailer", ("year", models.IntegerField())))
    content = ContentFactory()

    migrate(
        migrations.AddField("Trailer", "note", models.CharField(max_length=20, db_default="", default="")),
        migrations.RenameField("Trailer", "year", "released"),
        migrations.AlterField("Trailer", "note", models.CharField(max_length=200, db_default="", default="")),
    )
    migrate(migrations.AddIndex("Trailer", models.Index(fields=["content", "note"], name="trailer_note")))
    made = migrate(
        migrations.AddConstraint(
            "Trailer", models.UniqueConstraint(fields=["content", "released"], name="trailer_once")
        ),
        migrations.AlterField("Trailer", "released", models.IntegerField(null=True, db_index=True)),
    )

    trailer = made.get_model("catalog", "Trailer").objects.using(CATALOG)
    trailer.create(content_id=content.content_id, released=None, note="x" * 200)
    trailer.create(content_id=content.content_id, released=1927)
    with pytest.raises(IntegrityError, match="trailer_once"), transaction.atomic(using=CATALOG):
        trailer.create(content_id=content.content_id, released=1927)
    made = migrate(migrations.RemoveField("Trailer", "note"), migrations.DeleteModel("Trailer"))
    assert scalar(CATALOG, "SELECT to_regclass('trailer')::text") is None


def test_a_data_migration_writes_both_kinds_of_table(migrate: Migrate) -> None:
    titles = ContentFactory.create_batch(5)

    def fill(made: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        alias = editor.connection.alias
        studio = made.get_model("catalog", "Studio").objects.using(alias).create(name="UFA")
        trailer = made.get_model("catalog", "Trailer")
        contents = made.get_model("catalog", "Content").objects.using(alias).all()
        trailer.objects.using(alias).bulk_create(
            [trailer(content_id=content.pk, studio_id=studio.pk) for content in contents]
        )

    made = migrate(
        *reference("Studio"),
        *child("Trailer", ("studio", to("catalog.studio"))),
        migrations.RunPython(fill),
    )

    assert made.get_model("catalog", "Trailer").objects.using(CATALOG).count() == len(titles)


def test_a_new_table_of_what_is_unique_over_all_titles_is_cut_by_it(migrate: Migrate) -> None:
    claim: list[tuple[str, models.Field]] = [
        ("id", models.CharField(primary_key=True, max_length=200)),
        ("slug", models.CharField(max_length=100)),
        ("language", models.CharField(max_length=35)),
        ("content_id", models.UUIDField()),
    ]

    made = migrate(
        migrations.CreateModel("Slug", claim, options={"db_table": "slug"}),
        SpreadBy("Slug", "slug", ("slug", "language")),
    )

    place = cluster.placed()["slug"]
    assert (place.kind, place.column) == ("distributed", "slug")
    assert place.shards == cluster.placed()["content_metadata"].shards
    assert place.colocation != cluster.placed()["content_metadata"].colocation
    slugs = made.get_model("catalog", "Slug").objects.using(CATALOG)
    slugs.create(pk="de:metropolis", slug="metropolis", language="de", content_id=uuid4())
    slugs.create(pk="fr:metropolis", slug="metropolis", language="fr", content_id=uuid4())
    with pytest.raises(IntegrityError, match="slug_pkey"), transaction.atomic(using=CATALOG):
        slugs.create(pk="another", slug="metropolis", language="de", content_id=uuid4())
