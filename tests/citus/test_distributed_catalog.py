"""The catalog distributed by the command, and every service, the editors' pages, import and seeding on top of it.

Skipped by name where no PostgreSQL installation with the citus extension is found (`PG_CONFIG`, `pg_config`).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streaming.stores.citus import placement
from tests import served as platforms
from tests.citus.cluster import MARKS, distribute, rows
from tests.environment import WORKER
from tests.served import Platform, until

pytestmark = MARKS

EDIT = """
from catalog.models import Content, Credit, Genre, Person
from catalog.services import children_save, content_save, term_save, person_save
content = Content.objects.get(content_id="{content_id}")
content.title = "Metropolis (restored)"
content_save(content=content)
content_save(content=content, links={{"genres": [term_save(term=Genre(name="Drama"))]}})
person = person_save(person=Person(name="Brigitte Helm"))
children_save(content=content, saved=[Credit(content=content, person=person, character_name="Maria")], deleted=[])
"""

CHANGES = """
from catalog.models import Content, Credit, Genre, Person, Season, Source
from catalog.services import *
from trending.models import TrendingDaily
titles = [content_save(content=Content(title=f"Tales {n}", content_type="series")) for n in range(8)]
ids = [title.content_id for title in titles]
drama, silent = (term_save(term=Genre(name=name)) for name in ("Tales drama", "Tales silent"))
helm, lang = (person_save(person=Person(name=name)) for name in ("Helm", "Lang"))
for title in titles:
    content_save(content=title, links={"genres": [drama, silent]})
    credits = [Credit(content=title, person=helm), Credit(content=title, person=helm, job="Writer")]
    season = Season(content=title, number=1)
    children_save(content=title, saved=[*credits, season], deleted=[])
    credit = Credit.objects.get(id=credits[0].id)
    credit.character_name, season.number = "Maria", 2
    children_save(content=title, saved=[credit, season], deleted=credits[1:])
    Source.objects.create(content=title, scheme="s", value="1", record={}, digest="")
    TrendingDaily.objects.create(content=title, date="2020-01-01", views=1).save()
helm.name = "Brigitte Helm"
person_save(person=helm)
drama.name = "Tales of drama"
term_save(term=drama)
terms_delete(model=Genre, keys=[silent.genre_id])
people_delete(person_ids=[lang.person_id])
print(contents_set_status(content_ids=ids, status=Content.Status.PUBLISHED))
print(sorted(set(Credit.objects.filter(content__in=ids).values_list("person__name", "character_name"))))
print(sorted(set(Season.objects.filter(content__in=ids).values_list("number", flat=True))))
print(sorted(set(Content.objects.filter(content_id__in=ids).values_list("status", "genres__name"))))
content_delete(content=titles[0])
contents_delete(content_ids=ids)
people_delete(person_ids=[helm.person_id])
terms_delete(model=Genre, keys=[drama.genre_id])
models = (Content, Credit, Season, Source, TrendingDaily, Content.genres.through)
print([m.objects.filter(content_id__in=ids).count() for m in models])
"""

EDITORS = """
from django.test import Client
from analytics.models import User
from catalog.models import Content, Credit, Genre, Person, Season
from catalog.services import children_save, content_save, term_save, person_save
from tests.admin_pages import values_of
editor = Client(headers={"host": "localhost"})
editor.force_login(User.objects.create_superuser("editor", "editor@example.org", "correct-horse-battery"))
def save(address, **changes):
    page = editor.get(address, secure=True)
    values = values_of(page) | {name.replace("__", "-"): value for name, value in changes.items()}
    print(editor.post(address, values, secure=True).status_code)
def delete(address):
    editor.get(address, secure=True)
    print(editor.post(address, {"post": "yes"}, secure=True).status_code)
title = content_save(content=Content(title="Posted", content_type="series"))
genre = term_save(term=Genre(name="Posted genre"))
person = person_save(person=Person(name="Posted person"))
content_save(content=title, links={"genres": [genre]})
credits = [Credit(content=title, person=person, billing_order=order) for order in (1, 2)]
children_save(content=title, saved=[*credits, Season(content=title, number=1)], deleted=[])
admin = "/admin/catalog"
page = f"{admin}/content/{title.content_id}"
save(f"{page}/change/", title="Posted twice", genres=[], status="published")
save(f"{page}/credits/", credits__0__character_name="Maria", credits__1__DELETE="on")
save(f"{page}/episodes/", seasons__0__number="3")
save(f"{admin}/person/{person.person_id}/change/", name="Posted by name")
save(f"{admin}/genre/{genre.genre_id}/change/", name="Posted by genre")
print(list(Credit.objects.filter(content=title).values_list("person__name", "character_name", "content__title")))
print(list(Season.objects.filter(content=title).values_list("number", flat=True)))
content_save(content=title, links={"genres": [genre]})
delete(f"{admin}/genre/{genre.genre_id}/delete/")
delete(f"{page}/delete/")
delete(f"{admin}/person/{person.person_id}/delete/")
print(Content.objects.filter(title__startswith="Posted").count())
print([model.objects.filter(name__startswith="Posted").count() for model in (Person, Genre)])
"""

LISTING = """\
show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,description
s1,Movie,M,Fritz Lang,Peter Lorre,Germany,"May 11, 2021",1931,TV-14,117 min,Thrillers,A city hunts a murderer.
s2,TV Show,Berlin,,,,"May 11, 2021",1980,TV-MA,2 Seasons,Dramas,A man leaves prison.
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Platform]:
    """A served platform whose catalog is distributed over two workers."""
    running = platforms.start(f"citus-{WORKER or 'alone'}")
    try:
        done = distribute(running, "--shards", "8")
        assert done.returncode == 0, done.stderr
        yield running
    finally:
        running.close()


def test_every_catalog_table_is_distributed_as_it_was_migrated(cluster: Platform) -> None:
    kinds = dict(rows(cluster, "SELECT table_name::text, citus_table_type FROM citus_tables"))
    colocated = rows(
        cluster,
        """SELECT DISTINCT colocation_id FROM citus_tables
            WHERE citus_table_type = 'distributed' AND distribution_column = 'content_id'""",
    )

    assert kinds == dict.fromkeys(placement.reference_tables(), "reference") | dict.fromkeys(
        [*placement.distributed_tables(), *placement.spread_tables()], "distributed"
    )
    assert len(colocated) == 1


def test_an_edit_by_the_services_is_what_details_serves(cluster: Platform) -> None:
    content_id = cluster.content_ids[0]
    cluster.details(content_id)

    cluster.manage("shell", "-v0", "-c", EDIT.format(content_id=content_id))

    details = cluster.details(content_id).body
    assert details["degraded"] == []
    assert details["metadata"]["title"] == "Metropolis (restored)"
    assert [genre["name"] for genre in details["genres"]] == ["Drama"]
    assert [(part["person_name"], part["character_name"]) for part in details["cast"]] == [
        ("Brigitte Helm", "Maria")
    ]
    until(lambda: cluster.details(content_id).body["reviews"][0]["username"] == "ada", "usernames arrive")


def test_every_service_writes_a_distributed_catalog(cluster: Platform) -> None:
    printed = cluster.manage("shell", "-v0", "-c", CHANGES)

    assert printed.splitlines() == [
        "8",
        "[('Brigitte Helm', 'Maria')]",
        "[2]",
        "[('published', 'Tales of drama')]",
        "[0, 0, 0, 0, 0, 0]",
    ]


def test_the_editors_pages_write_a_distributed_catalog(cluster: Platform) -> None:
    printed = cluster.manage("shell", "-v0", "-c", EDITORS)

    assert printed.splitlines() == [
        *["302"] * 5,
        "[('Posted by name', 'Maria', 'Posted twice')]",
        "[3]",
        *["302"] * 3,
        "0",
        "[0, 0]",
    ]


def test_ids_are_listed_over_all_shards(cluster: Platform) -> None:
    assert cluster.get("/api/v1/content/ids").body == sorted(cluster.content_ids)


def test_the_listing_is_imported_and_a_changed_row_updates_its_title(
    cluster: Platform, tmp_path: Path
) -> None:
    listing = tmp_path / "listing.csv"
    listing.write_text(LISTING)
    assert "2 new, 0 changed, 0 unchanged, 0 rejected" in cluster.manage("import_titles", str(listing))

    listing.write_text(LISTING.replace("Fritz Lang", "F. Lang").replace("2 Seasons", "3 Seasons"))

    assert "0 new, 2 changed, 0 unchanged, 0 rejected" in cluster.manage("import_titles", str(listing))
    assert "0 new, 0 changed, 2 unchanged, 0 rejected" in cluster.manage("import_titles", str(listing))
    credits = """SELECT p.name FROM content_metadata m JOIN content_cast_crew c USING (content_id)
                   JOIN cast_crew p USING (person_id) WHERE m.title = 'M' ORDER BY c.billing_order"""
    assert rows(cluster, credits) == [("F. Lang",), ("Peter Lorre",)]
    assert rows(cluster, "SELECT count(*) FROM seasons") == [(3,)]


def test_the_seeding_fills_a_distributed_catalog(cluster: Platform) -> None:
    cluster.manage("seed", "--titles=60", "--viewers=10", "--plays=300", "--reviews=20", "--replace")

    assert rows(cluster, "SELECT count(*) FROM content_metadata") == [(60,)]
    assert rows(cluster, "SELECT sum(views) FROM trending_daily") == [(300,)]
    ((orphans,),) = rows(
        cluster,
        "SELECT count(*) FROM content_cast_crew c LEFT JOIN content_metadata m USING (content_id) "
        "WHERE m.content_id IS NULL",
    )
    assert orphans == 0
