"""Merging titles: what the survivor takes over, where addresses lead, and that undoing restores both."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.serializers import serialize
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.models import User
from catalog.changes.reading import Cursor, Page, changes_since
from catalog.merging import CannotMerge, content_unmerge, contents_merge
from catalog.models import (
    AlternativeTitle,
    AvailabilityWindow,
    Content,
    ContentMerge,
    Credit,
    Episode,
    EpisodeOrder,
    ExternalId,
    ExternalIdClaim,
    Marker,
)
from catalog.registries import Ref
from catalog.services import (
    children_save,
    contents_delete,
    contents_touch,
    external_ids_add,
    external_ids_remove,
)
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.placement import DISTRIBUTED
from tests.api.operations import operation, operations, send
from tests.catalog.changes.following import wait_for_others
from tests.factories import (
    AlternativeTitleFactory,
    ArtworkFactory,
    CollectionItemFactory,
    ContentFactory,
    CreditFactory,
    KeywordFactory,
    MaturityRatingFactory,
    PersonFactory,
    SeasonFactory,
    StudioFactory,
    TranslationFactory,
    UserFactory,
    WindowFactory,
)

pytestmark = pytest.mark.usefixtures("stores")
# What a merge and its undoing move by themselves, and what says when.
NOT_COMPARED = ("catalog.contentmerge",)


def whole(*contents: Content) -> dict[str, Any]:
    """Every row of these titles in every table, as it is; external ids without the keys that moving renews."""
    ids = [content.content_id for content in contents]
    found: dict[str, Any] = {}
    for label in set(DISTRIBUTED) - set(NOT_COMPARED):
        model: Any = apps.get_model(label)
        rows = json.loads(serialize("json", model._base_manager.filter(content_id__in=ids)))
        for row in rows:
            row["fields"].pop("updated_at", None)
            if label == "catalog.externalid" or model._meta.auto_created:
                row.pop("pk")
        found[label] = sorted(rows, key=json.dumps)
    claims = ExternalIdClaim.objects.filter(content_id__in=ids)
    found["claims"] = sorted(claims.values_list("id", "content_id"))
    return found


def pair() -> tuple[Content, Content]:
    """A full title and one that has part of the same and something of its own, both in step with their documents."""
    actor, director = PersonFactory(), PersonFactory()
    loser = ContentFactory(
        title="Metropolis (1927)",
        content_type="series",
        genres=["Drama", "Science fiction"],
        tagline="A city.",
    )
    survivor = ContentFactory(
        title="Metropolis", content_type="series", genres=["Drama", "Silent"], tagline=""
    )
    for content in (loser, survivor):
        CreditFactory(content=content, person=actor, character_name="Maria")
        TranslationFactory(content=content, language="de", title=f"De {content.title}")
        SeasonFactory(content=content, number=1)
        Episode.objects.create(content=content, season_number=1, number=1, title="Pilot")
        WindowFactory(content=content, territory="DE")
        MaturityRatingFactory(content=content, system="FSK")
        ArtworkFactory(content=content, is_primary=True)
    CreditFactory(content=loser, person=actor, job="Writer")
    CreditFactory(content=loser, person=director, job="Director")
    TranslationFactory(content=loser, language="fr")
    AlternativeTitleFactory(content=loser, title="Metropolisz", country="HU")
    SeasonFactory(content=loser, number=2)
    second = Episode.objects.create(content=loser, season_number=2, number=1, title="Return")
    EpisodeOrder.objects.create(content=loser, episode=second, order="dvd", season_number=1, number=2)
    Marker.objects.create(content=loser, episode=second, kind="intro", start_seconds=1, end_seconds="2.5")
    Marker.objects.create(content=loser, kind="credits", start_seconds=1, end_seconds=2)
    WindowFactory(content=loser, territory="FR", starts_at=timezone.now() - timedelta(days=1))
    MaturityRatingFactory(content=loser, system="BBFC", country="GB", value="15", descriptors=["violence"])
    CollectionItemFactory(content=loser)
    loser.keywords.add(KeywordFactory())
    loser.studios.add(StudioFactory())
    contents_touch([loser.content_id, survivor.content_id])
    external_ids_add(content_id=loser.content_id, refs=[Ref("imdb", "tt0017136"), Ref("tmdb-tv", "19")])
    external_ids_add(content_id=survivor.content_id, refs=[Ref("imdb", "tt0000001")])
    return loser, survivor


def merge(loser: Content, survivor: Content) -> dict[str, int]:
    return contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id).taken


def merged_pair() -> tuple[Content, Content]:
    loser, survivor = pair()
    merge(loser, survivor)
    return loser, survivor


def test_the_survivor_takes_over_what_it_lacks_and_no_more() -> None:
    loser, survivor = pair()

    taken = merge(loser, survivor)

    assert taken == {
        "alternative titles": 2,
        "translation": 1,
        "credits": 2,
        "season": 1,
        "availability window": 1,
        "maturity rating": 1,
        "collection item": 1,
        "markers": 2,
        "artwork": 1,
        "episode": 1,
        "episode order": 1,
        "genre": 1,
        "keyword": 1,
        "studio": 1,
        "field": 1,
        "external ids": 2,
    }
    survivor = Content.objects.get(content_id=survivor.content_id)
    assert (survivor.title, survivor.tagline, survivor.status) == ("Metropolis", "A city.", "published")
    assert set(survivor.alternative_titles.values_list("title", flat=True)) == {
        "Metropolis (1927)",
        "Metropolisz",
    }
    assert dict(survivor.translations.values_list("language", "title"))["de"] == "De Metropolis"
    assert sorted(survivor.credits.values_list("job", flat=True)) == ["Actor", "Director", "Writer"]
    assert [str(episode) for episode in survivor.episodes.all()] == ["S01E01 Pilot", "S02E01 Return"]
    (order,) = EpisodeOrder.objects.filter(content=survivor)
    assert Episode.objects.get(content=survivor, pk=order.episode_id).title == "Return"
    assert sorted(survivor.windows.values_list("territory", flat=True)) == ["DE", "FR"]
    assert [picture.is_primary for picture in survivor.artwork.order_by("-is_primary")] == [True, False]
    assert sorted(survivor.genres.values_list("name", flat=True)) == ["Drama", "Science fiction", "Silent"]
    assert sorted(ExternalId.objects.filter(content=survivor).values_list("value", flat=True)) == [
        "19",
        "tt0000001",
        "tt0017136",
    ]
    assert set(ExternalIdClaim.objects.values_list("content_id", flat=True)) == {survivor.content_id}
    assert "metropolis 1927" in survivor.search_document.names
    assert Content.objects.get(content_id=loser.content_id).status == "merged"


def test_undoing_restores_both_titles_to_the_last_row() -> None:
    loser, survivor = pair()
    before = whole(loser, survivor)

    merge(loser, survivor)
    assert whole(loser, survivor) != before
    kept = content_unmerge(content_id=loser.content_id)

    assert kept == []
    assert whole(loser, survivor) == before
    assert not ContentMerge.objects.exists()


def test_what_an_editor_changed_since_stays_and_is_named() -> None:
    loser, survivor = merged_pair()
    credit = Credit.objects.get(content=survivor, job="Director")
    credit.character_name = "As himself"
    window = AvailabilityWindow.objects.get(content=survivor, territory="FR")
    children_save(content=survivor, saved=[credit], deleted=[window])
    Content.objects.filter(content_id=survivor.content_id).update(tagline="Two cities.")
    external_ids_remove(content_id=survivor.content_id, refs=[Ref("tmdb-tv", "19")])

    kept = content_unmerge(content_id=loser.content_id)

    assert kept == [
        "credit “Director: " + str(credit.person_id) + "” was changed since",
        "tagline was changed since",
        "external id tmdb-tv:19 was taken away since",
    ]
    survivor = Content.objects.get(content_id=survivor.content_id)
    assert sorted(survivor.credits.values_list("job", flat=True)) == ["Actor", "Director"]
    assert survivor.tagline == "Two cities."
    assert list(ExternalId.objects.filter(content=loser).values_list("value", flat=True)) == ["tt0017136"]
    assert loser.windows.count() == 2


def episode_of(content: Content, season: int, number: int) -> Episode:
    return Episode.objects.get(content=content, season_number=season, number=number)


def test_seasons_stay_with_the_episodes_that_editors_corrected_or_added() -> None:
    """Keeps away: an episode of a season that is not there."""
    loser, survivor = merged_pair()
    children_save(
        content=survivor,
        saved=[Episode(content=survivor, season_number=2, number=9, title="Added")],
        deleted=[],
    )

    kept = content_unmerge(content_id=loser.content_id)

    assert kept == ["season “Season 2” has episodes that stay"]
    assert [str(each) for each in survivor.episodes.all()] == ["S01E01 Pilot", "S02E09 Added"]
    assert list(survivor.seasons.values_list("number", flat=True)) == [1, 2]
    merge(loser, survivor)
    corrected = episode_of(survivor, 2, 1)
    corrected.title = "Corrected"
    children_save(content=survivor, saved=[corrected], deleted=[episode_of(survivor, 2, 9)])
    kept = content_unmerge(content_id=loser.content_id)
    assert kept == ["episode “S02E01 Corrected” was changed since"]
    assert list(survivor.seasons.values_list("number", flat=True)) == [1, 2]


def test_a_season_that_came_with_the_merge_stays_for_its_corrected_episode() -> None:
    loser, survivor = merged_pair()
    corrected = episode_of(survivor, 2, 1)
    corrected.title = "Corrected"
    children_save(content=survivor, saved=[corrected], deleted=[])

    kept = content_unmerge(content_id=loser.content_id)

    assert kept == [
        "episode “S02E01 Corrected” was changed since",
        "season “Season 2” has episodes that stay",
    ]
    assert list(survivor.seasons.values_list("number", flat=True)) == [1, 2]


def test_what_editors_hung_on_an_episode_goes_with_it() -> None:
    """Keeps away: markers and orders of an episode that is not there."""
    loser, survivor = merged_pair()
    copied = episode_of(survivor, 2, 1)
    changed = Marker.objects.get(content=survivor, episode=copied)
    changed.end_seconds = 90
    added = [
        Marker(content=survivor, episode=copied, kind="recap", start_seconds=3, end_seconds=4),
        EpisodeOrder(content=survivor, episode=copied, order="story", season_number=1, number=1),
        Marker(content=survivor, kind="recap", start_seconds=5, end_seconds=6),
    ]
    children_save(content=survivor, saved=[changed, *added], deleted=[])

    assert content_unmerge(content_id=loser.content_id) == []

    (marker,) = Marker.objects.filter(content=survivor)
    assert (marker.kind, marker.episode_id) == ("recap", None)
    assert not EpisodeOrder.objects.filter(content=survivor).exists()
    assert list(survivor.seasons.values_list("number", flat=True)) == [1]


def test_each_character_of_one_person_is_a_part_that_the_survivor_may_lack() -> None:
    sellers = PersonFactory()
    loser, survivor = ContentFactory.create_batch(2)
    for content, characters in (
        (loser, ("Mandrake", "Muffley", "Strangelove")),
        (survivor, ("Mandrake",)),
    ):
        for character in characters:
            CreditFactory(content=content, person=sellers, character_name=character)

    merge(loser, survivor)

    names = survivor.credits.order_by("character_name").values_list("character_name", flat=True)
    assert list(names) == ["Mandrake", "Muffley", "Strangelove"]
    assert content_unmerge(content_id=loser.content_id) == []
    assert list(names.all()) == ["Mandrake"]


def rated(content: Content) -> tuple[Any, int]:
    return Content.objects.values_list("rating", "rating_count").get(content_id=content.content_id)


def test_a_rating_of_nought_is_a_rating() -> None:
    """Keeps away: the worst rating taken for none, and given another's."""
    loser = ContentFactory(rating=8.0, rating_count=500)
    survivor = ContentFactory(rating=0.0, rating_count=3)
    before = rated(survivor)

    merge(loser, survivor)

    assert rated(survivor) == before == (0, 3)
    assert content_unmerge(content_id=loser.content_id) == []
    assert rated(survivor) == before


def test_a_rating_comes_and_goes_with_its_votes() -> None:
    loser = ContentFactory(rating=0.0, rating_count=3)
    survivor = ContentFactory(rating=None, rating_count=0)

    merge(loser, survivor)
    assert rated(survivor) == (0, 3)
    assert content_unmerge(content_id=loser.content_id) == []
    assert rated(survivor) == (None, 0)

    merge(loser, survivor)
    Content.objects.filter(content_id=survivor.content_id).update(rating_count=4)
    kept = content_unmerge(content_id=loser.content_id)
    assert kept == ["rating was changed since", "rating count was changed since"]
    assert rated(survivor) == (0, 4)


def test_a_survivor_without_windows_stays_open_everywhere() -> None:
    """Keeps away: a merge that closes a title, because the other one had a licence for one country."""
    loser, survivor = ContentFactory(), ContentFactory()
    WindowFactory(content=loser, territory="DE")
    contents_touch([loser.content_id])

    merge(loser, survivor)

    assert Content.objects.get(content_id=survivor.content_id).availability is None


def test_what_makes_no_sense_is_refused_and_changes_nothing() -> None:
    first, second, third = ContentFactory.create_batch(3)
    merge(first, second)
    before = whole(first, second, third)

    for loser, survivor, told in (
        (third.content_id, third.content_id, "A title cannot be merged into itself."),
        (uuid4(), third.content_id, "There is no title "),
        (third.content_id, uuid4(), "There is no title "),
        (third.content_id, first.content_id, "is merged already: take the title that it is now."),
        (first.content_id, third.content_id, "is merged already: take the title that it is now."),
    ):
        with pytest.raises(CannotMerge) as refused:
            contents_merge(loser_id=loser, survivor_id=survivor)
        assert told in str(refused.value)
    with pytest.raises(CannotMerge, match="was merged into another one"):
        content_unmerge(content_id=third.content_id)
    assert whole(first, second, third) == before


def test_chains_lead_to_the_last_in_one_step_and_are_undone_from_the_end(api: APIClient) -> None:
    first, second, third = ContentFactory.create_batch(3)
    contents_touch([each.content_id for each in (first, second, third)])
    before = whole(first, second, third)
    merge(first, second)
    merge(second, third)

    for each in (first, second):
        answer = api.get(f"/api/v1/content/{each.content_id}/cast")
        assert answer.headers["Location"] == f"/api/v1/content/{third.content_id}/cast"
    with pytest.raises(CannotMerge, match="was merged itself since: undo that merge first"):
        content_unmerge(content_id=first.content_id)
    assert content_unmerge(content_id=second.content_id) == []
    answer = api.get(f"/api/v1/content/{first.content_id}")
    assert answer.headers["Location"] == f"/api/v1/content/{second.content_id}"
    assert content_unmerge(content_id=first.content_id) == []
    assert whole(first, second, third) == before


def test_undoing_after_the_survivor_was_deleted_gives_the_ids_back() -> None:
    loser, survivor = merged_pair()
    contents_delete(content_ids=[survivor.content_id])

    assert content_unmerge(content_id=loser.content_id) == []

    assert Content.objects.get(content_id=loser.content_id).status == "published"
    assert sorted(ExternalId.objects.values_list("value", flat=True)) == ["19", "tt0017136"]
    assert set(ExternalIdClaim.objects.values_list("content_id", flat=True)) == {loser.content_id}


def test_a_merge_into_a_title_that_was_merged_and_then_deleted_can_be_undone() -> None:
    """Keeps away: that it waits for ever for a merge that is no more."""
    loser, survivor = merged_pair()
    last = ContentFactory(content_type="series")
    merge(survivor, last)
    contents_delete(content_ids=[survivor.content_id])

    kept = content_unmerge(content_id=loser.content_id)

    assert kept == [f"external id {ref} was taken away since" for ref in ("imdb:tt0017136", "tmdb-tv:19")]
    assert Content.objects.get(content_id=loser.content_id).status == "published"


# What editors alone may read tells of a merged title itself.
OF_TITLES = [
    called.name
    for called in operations()
    if "content_id" in called.ids and not (called.method == "GET" and 401 in called.declared)
]


@pytest.mark.parametrize("name", OF_TITLES)
def test_every_address_of_a_merged_title_leads_to_its_survivor(
    as_viewer: Callable[[User], APIClient], name: str
) -> None:
    loser, survivor = ContentFactory(), ContentFactory()
    merge(loser, survivor)
    called, client = operation(name), as_viewer(UserFactory())
    ids = dict.fromkeys(called.ids, 1)
    url, present = (called.url({**ids, "content_id": each.content_id}) for each in (loser, survivor))

    body = b"" if called.body is None else b'{"rating": 8, "comment": "Worth it."}'

    answer = send(client, called, url, body)

    assert (answer.status_code, answer.content) == (308, b"")
    assert answer.headers["Location"] == present
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert 308 in called.declared
    Content.objects.filter(content_id=survivor.content_id).update(status="draft")
    assert send(client, called, url, body).status_code == 404


def test_the_query_goes_along_and_the_answer_there_is_the_survivor_s(api: APIClient) -> None:
    loser, survivor = ContentFactory(), ContentFactory(title="Metropolis")
    merge(loser, survivor)

    answer = api.get(f"/api/v1/content/{loser.content_id}/reviews?limit=5")

    assert answer.headers["Location"] == f"/api/v1/content/{survivor.content_id}/reviews?limit=5"
    counted = api.post(f"/api/v1/content/{loser.content_id}/views/increment", follow=False)
    assert counted.status_code == 308
    there = api.get(api.get(f"/api/v1/content/{loser.content_id}").headers["Location"])
    assert there.json()["title"] == "Metropolis"


def test_an_address_leads_only_to_what_the_asker_may_see(api: APIClient) -> None:
    loser, survivor = ContentFactory(), ContentFactory()
    merge(loser, survivor)
    AvailabilityWindow.objects.create(content_id=survivor.content_id, territory="DE", licence="SVOD")
    contents_touch([survivor.content_id])
    address = f"/api/v1/content/{loser.content_id}"

    answers = {
        asked: api.get(f"{address}{asked}").status_code
        for asked in (
            "",
            "?available_in=DE",
            "?available_in=FR",
            "?maturity_lte=18",
            "/details?available_in=FR",
        )
    }

    assert answers == {
        **{"": 308, "?available_in=DE": 308, "?available_in=FR": 404},
        **{"?maturity_lte=18": 404, "/details?available_in=FR": 404},
    }


def test_a_title_that_is_there_costs_no_query_more_and_one_that_never_was_one(api: APIClient) -> None:
    content = ContentFactory()
    url = "/api/v1/content/{}/cast"
    api.get(url.format(content.content_id))

    for content_id, status, cost in ((content.content_id, 200, 0), (uuid4(), 404, 2)):
        with CaptureQueriesContext(connections[CATALOG]) as queries:
            assert api.get(url.format(content_id)).status_code == status
        assert len(queries) == cost


def told(cursor: Cursor | None) -> Page:
    wait_for_others()
    return changes_since(cursor=cursor, limit=100)


def test_ids_and_the_feed_lead_to_the_survivor(api: APIClient) -> None:
    loser, survivor = pair()
    cursor = told(None).following

    merge(loser, survivor)

    found = api.get("/api/v1/lookup/imdb/tt0017136").json()
    assert found["content_id"] == str(survivor.content_id)
    page = told(cursor)
    said = {each["content_id"]: (each["change"], each.get("into")) for each in page.results}
    assert said == {
        survivor.content_id: ("updated", None),
        loser.content_id: ("merged", survivor.content_id),
    }
    content_unmerge(content_id=loser.content_id)
    page = told(page.following)
    assert {each["content_id"]: each["change"] for each in page.results} == {
        survivor.content_id: "updated",
        loser.content_id: "updated",
    }


def test_a_title_merged_into_one_that_is_not_public_is_told_as_deleted() -> None:
    loser, survivor = ContentFactory(), ContentFactory(status="draft")
    contents_touch([loser.content_id, survivor.content_id])
    cursor = told(None).following

    merge(loser, survivor)

    page = told(cursor)
    assert [(each["content_id"], each["change"]) for each in page.results] == [(loser.content_id, "deleted")]


def test_each_title_is_touched_once_by_a_merge_and_once_by_its_undoing() -> None:
    """Keeps away: documents, gates and rows of the feed that one change writes two or three times."""
    loser, survivor = pair()
    for change in (
        lambda: merge(loser, survivor),
        lambda: content_unmerge(content_id=loser.content_id),
    ):
        with CaptureQueriesContext(connections[CATALOG]) as asked:
            change()
        noted = [query["sql"] for query in asked if "INSERT INTO content_changes" in query["sql"]]
        assert len(noted) == 1


def test_the_command_names_licences_that_have_no_place() -> None:
    loser, survivor = ContentFactory(), ContentFactory()
    now = timezone.now().replace(year=2026, month=1, day=1, hour=0, minute=0)
    WindowFactory(content=loser, territory="DE", starts_at=now)
    WindowFactory(content=survivor, territory="DE", starts_at=now.replace(year=2025))
    printed = StringIO()

    call_command(
        "merge", "titles", str(loser.content_id), str(survivor.content_id), "--dry-run", stdout=printed
    )

    assert printed.getvalue().splitlines() == [
        f"{survivor.content_id} took over 1 alternative title (not written)",
        "availability window DE svod, 2026-01-01 00:00 – on is not taken over: "
        "it overlaps DE svod, 2025-01-01 00:00 – on",
    ]


def test_the_command_merges_counts_without_writing_and_undoes() -> None:
    loser, survivor = ContentFactory(title="Metropolis!"), ContentFactory(title="Metropolis")
    ContentFactory(title="Metropolis", content_type="series")
    contents_touch(Content.objects.values_list("content_id", flat=True))
    ids = [str(loser.content_id), str(survivor.content_id)]

    def run(*arguments: str) -> str:
        printed = StringIO()
        call_command("merge", *arguments, stdout=printed)
        return printed.getvalue()

    candidates = run("candidates")
    assert all(content_id in candidates for content_id in ids)
    assert len(candidates.splitlines()) == 1 + len(ids)
    assert run("titles", *ids, "--dry-run") == f"{ids[1]} took over 1 alternative title (not written)\n"
    assert not ContentMerge.objects.exists()
    assert run("titles", *ids) == f"{ids[1]} took over 1 alternative title\n"
    assert run("candidates") == "no two titles have one name, type and year\n"
    with pytest.raises(CommandError, match="is merged already") as refused:
        run("titles", *ids)
    assert refused.value.returncode == 2
    AlternativeTitle.objects.filter(content=survivor).update(country="DE")
    assert run("undo", ids[0]) == (
        f"{ids[0]} is itself again\nleft as it is: alternative title “Metropolis! (DE)” was changed since\n"
    )
