"""What the demo can show beside titles and people: each kind is there, answers a request, and agrees with the rest."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from catalog.codes import is_country
from catalog.maturity import ages_by_label, label_of
from catalog.models import (
    AlternativeTitle,
    Artwork,
    AvailabilityWindow,
    Collection,
    CollectionItem,
    Content,
    Episode,
    ExternalId,
    ExternalIdClaim,
    Keyword,
    MaturityRating,
    SearchDocument,
    Season,
    Studio,
    Translation,
)
from catalog.services import contents_touch, rule_check
from tests.factories import ContentFactory
from tests.gateway.test_seed import END, UNTIL, run_seed

V1 = "/api/v1"
TITLES = 300
MIDNIGHT = datetime(2026, 3, 15, tzinfo=UTC)


@pytest.fixture
def demo(stores: None) -> None:
    run_seed(titles=TITLES)


def answer(api: APIClient, path: str, **query: str) -> dict[str, Any]:
    answered = api.get(f"{V1}/{path}", query)
    assert answered.status_code == 200, answered.content
    found: dict[str, Any] = answered.json()
    return found


def titles_with(model: Any) -> int:
    return len(set(model.objects.values_list("content_id", flat=True)))


def test_every_title_has_countries_and_an_original_language(demo: None) -> None:
    origins = list(Content.objects.values_list("countries", "original_language"))

    assert {language for _, language in origins} == {"en"}
    assert {len(countries) for countries, _ in origins} == {1, 2}
    assert all(is_country(code) for countries, _ in origins for code in countries)


def test_a_share_of_the_titles_has_each_detail(demo: None) -> None:
    shares = {
        "keywords": titles_with(Content.keywords.through),
        "studios": titles_with(Content.studios.through),
        "ratings": titles_with(MaturityRating),
        "windows": titles_with(AvailabilityWindow),
        "translations": titles_with(Translation),
        "other titles": titles_with(AlternativeTitle),
        "pictures": titles_with(Artwork),
        "ids": titles_with(ExternalId),
    }

    about = {
        **{"keywords": 1 / 3, "studios": 1 / 3, "ratings": 0.5, "windows": 0.1, "translations": 0.2},
        **{"other titles": 0.1, "pictures": 1 / 3, "ids": 0.2},
    }
    assert {what: pytest.approx(count / TITLES, abs=0.08) for what, count in shares.items()} == about
    assert shares["ids"] == TITLES / 5


def test_every_rating_is_one_that_a_level_maps(demo: None) -> None:
    ratings = MaturityRating.objects.values_list("system", "country", "value")

    assert {country for _, country, _ in ratings} == {"US", "DE", "GB", "FR"}
    assert {label_of(system, value) for system, _, value in ratings} <= ages_by_label().keys()
    assert {"MPA", "TVPG"} < {system for system, _, _ in ratings}


def test_most_windows_are_open_and_some_are_ended_or_to_come(demo: None) -> None:
    phases: Counter[str] = Counter()
    for window in AvailabilityWindow.objects.all():
        assert window.starts_at is not None
        ended = window.ends_at is not None and window.ends_at <= MIDNIGHT
        phases["ended" if ended else "open" if window.starts_at <= MIDNIGHT else "to come"] += 1
    territories = set(AvailabilityWindow.objects.values_list("territory", flat=True))

    assert set(phases) == {"open", "ended", "to come"}
    assert phases["open"] > phases["ended"] + phases["to come"]
    assert territories == {"WW", "DE", "FR", "US"}


def test_every_season_has_episodes_in_a_row_and_no_episode_is_without_one(demo: None) -> None:
    """Keeps away: a demo whose series have seasons that lead to empty lists."""
    numbers: defaultdict[tuple[Any, int], list[int | None]] = defaultdict(list)
    absolute: defaultdict[Any, list[int | None]] = defaultdict(list)
    for episode in Episode.objects.order_by("content", "season_number", "number"):
        numbers[episode.content_id, episode.season_number].append(episode.number)
        absolute[episode.content_id].append(episode.absolute_number)

    assert numbers.keys() == set(Season.objects.values_list("content", "number"))
    assert all(each == list(range(1, len(each) + 1)) for each in (*numbers.values(), *absolute.values()))
    assert {len(each) for each in numbers.values()} == {4, 5, 6, 7, 8}
    assert not Episode.objects.filter(title="").exists()
    assert not Episode.objects.filter(summary="").exists()


def test_episodes_are_aired_weekly_from_the_day_their_series_came_out(demo: None) -> None:
    released: dict[Any, Any] = dict(
        Content.objects.filter(content_type="series").values_list("pk", "release_date")
    )
    aired: defaultdict[tuple[Any, int], list[Any]] = defaultdict(list)
    for content_id, season, day in Episode.objects.order_by("number").values_list(
        "content", "season_number", "air_date"
    ):
        aired[content_id, season].append(day)

    for (content_id, season), days in aired.items():
        assert days == [days[0] + timedelta(days=7 * week) for week in range(len(days))]
        assert days[0] == released[content_id] + timedelta(days=365 * (season - 1))
        assert season == 1 or days[0] <= UNTIL
    assert {content_id for content_id, _ in aired} == released.keys()


def test_a_series_begins_with_a_pilot_and_each_season_ends_with_a_finale(demo: None) -> None:
    kinds: dict[tuple[Any, int], list[str]] = {}
    for content_id, season, kind in Episode.objects.order_by("number").values_list(
        "content", "season_number", "kind"
    ):
        kinds.setdefault((content_id, season), []).append(kind)

    for (_, season), of in kinds.items():
        assert of == ["pilot" if season == 1 else "standard", *["standard"] * (len(of) - 2), "finale"]


def test_gates_and_documents_are_as_a_touch_would_leave_them(
    demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def derived() -> list[list[dict[str, Any]]]:
        titles = [dict(row) for row in Content.objects.order_by("content_id").values()]
        for title in titles:
            del title["updated_at"]
        return [titles, [dict(row) for row in SearchDocument.objects.order_by("content_id").values()]]

    seeded = derived()
    assert sum(title["availability"] is not None for title in seeded[0]) == titles_with(AvailabilityWindow)
    with monkeypatch.context() as clock:
        clock.setattr("catalog.services.touching.timezone.now", lambda: END)
        contents_touch(Content.objects.values_list("content_id", flat=True))

    assert derived() == seeded


def test_the_search_check_finds_nothing(demo: None) -> None:
    printed = StringIO()

    call_command("search_check", stdout=printed)

    assert printed.getvalue() == f"{TITLES} titles have documents as their rows are\n"


def test_claims_are_those_of_the_external_ids(demo: None) -> None:
    claims = ExternalIdClaim.objects.values_list("id", "scheme", "value", "content_id")
    ids = ExternalId.objects.values_list("scheme", "value", "content_id")

    assert sorted(claims) == sorted(
        (f"{scheme}:{value}", scheme, value, content_id) for scheme, value, content_id in ids
    )


def test_the_lists_of_terms_and_the_filters_by_them_answer(demo: None, api: APIClient) -> None:
    keywords, studios = answer(api, "keywords")["results"], answer(api, "studios")["results"]

    assert len(keywords) > 20
    assert len(studios) == 12
    for facet, term in (("keyword", keywords[0]), ("studio", studios[0])):
        assert (
            len(answer(api, "content", **{facet: term["name"], "limit": "100"})["results"]) == term["count"]
        )


def test_territory_and_limit_of_age_leave_some_titles_and_not_all(demo: None, api: APIClient) -> None:
    public = {row["content_id"] for row in _all(api)}
    for query in ({"available_in": "DE"}, {"available_in": "US"}, {"maturity_lte": "12"}, {"country": "DE"}):
        found = {row["content_id"] for row in _all(api, **query)}
        assert found
        assert found < public


def _all(api: APIClient, **query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = answer(api, "content", **query, limit="100")
    while True:
        rows += page["results"]
        if page["next"] is None:
            return rows
        page = api.get(page["next"]).json()


def test_titles_answer_in_german_where_they_are_translated(demo: None, api: APIClient) -> None:
    german = set(Translation.objects.filter(language="de").values_list("title", flat=True))

    rows = _all(api, lang="de")

    told = {row["title"] for row in rows if row["languages"]["title"] == "de"}
    assert told
    assert told <= german
    assert {row["languages"]["summary"] for row in rows if row["title"] in told} == {"de"}


def test_the_first_external_id_leads_to_a_title_with_every_detail(demo: None, api: APIClient) -> None:
    found = answer(api, "lookup/house/DEMO-000001")

    record = api.get(found["address"]).json()

    details = ("countries", "keywords", "studios", "maturity_ratings", "external_ids", "artwork")
    assert {what for what in details if not record[what]} == set()
    assert Translation.objects.filter(content_id=found["content_id"]).count() == 1
    assert AlternativeTitle.objects.filter(content_id=found["content_id"]).count() == 1


def test_the_two_collections_have_titles(demo: None, api: APIClient) -> None:
    rules = dict(Collection.objects.values_list("name", "rule"))
    rule_check(rules["Best dramas"])

    shown = {
        each["name"]: answer(api, f"collections/{each['collection_id']}")
        for each in answer(api, "collections")["results"]
    }

    assert set(shown) == {"Best dramas", "Staff picks"}
    assert len(shown["Staff picks"]["results"]) == CollectionItem.objects.count() == 12
    best = shown["Best dramas"]["results"]
    assert best
    assert all("Drama" in row["genres"] and row["rating"] >= 7 for row in best)
    assert [row["rating"] for row in best] == sorted((row["rating"] for row in best), reverse=True)


def test_replace_empties_what_titles_share_too(stores: None) -> None:
    title = ContentFactory()
    title.keywords.add(Keyword.objects.create(name="telenovela"))
    title.studios.add(Studio.objects.create(name="Acme"))
    collection = Collection.objects.create(name="Mine", is_published=True)
    CollectionItem.objects.create(content=title, collection=collection)
    ExternalIdClaim.objects.create(
        id="imdb:tt0000001", scheme="imdb", value="tt0000001", content_id=title.content_id
    )

    run_seed(replace=True, until=UNTIL)

    assert not Keyword.objects.filter(name="telenovela").exists()
    assert not Studio.objects.filter(name="Acme").exists()
    assert not Collection.objects.filter(name="Mine").exists()
    assert not ExternalIdClaim.objects.filter(scheme="imdb").exists()


def test_terms_made_after_seeding_get_ids_of_their_own(stores: None) -> None:
    run_seed()
    title = Content.objects.order_by("pk").first()
    assert title is not None

    keyword, studio = Keyword.objects.create(name="telenovela"), Studio.objects.create(name="Acme")
    title.keywords.add(keyword)
    title.studios.add(studio)

    assert (keyword.keyword_id, studio.studio_id) == (31, 13)
    assert keyword in title.keywords.all()
    assert studio in title.studios.all()
