"""The record of a title: everything that hangs on it, in the languages asked for."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import Content, MaturityLevel
from catalog.services import children_save, content_save
from streaming.stores import redis
from tests.factories import (
    AlternativeTitleFactory,
    ArtworkFactory,
    ContentFactory,
    CreditFactory,
    EpisodeFactory,
    ExternalIdFactory,
    GenreFactory,
    KeywordFactory,
    MarkerFactory,
    MaturityRatingFactory,
    PersonFactory,
    SeasonFactory,
    StudioFactory,
    TranslationFactory,
    VideoFactory,
    WindowFactory,
    indexed,
)


def url_of(content: Content, rest: str = "") -> str:
    return f"/api/v1/content/{content.content_id}{rest}"


def picture(url: str, **others: Any) -> dict[str, Any]:
    nothing = {"language": "", "width": None, "height": None, "focal_x": None, "focal_y": None}
    return {"url": url, **nothing, **others}


@pytest.fixture
def levels(stores: None) -> Iterator[None]:
    """Of a rating system that no country has, the newest edition first."""
    for edition, age in ((2, 15), (1, 12)):
        MaturityLevel.objects.create(system="Test", value="Teen", minimum_age=age, edition=edition)
    yield
    MaturityLevel.objects.filter(system="Test").delete()


@pytest.fixture
def series(levels: None) -> Content:
    """A series that lacks nothing."""
    content = ContentFactory(
        title="The City",
        sort_title="City, The",
        tagline="Nobody leaves.",
        summary="A city.",
        content_type="series",
        original_language="en",
        countries=["DE", "US"],
        rating_count=1234,
        thumbnail_url="",
        trailer_url="",
    )
    content.keywords.set([KeywordFactory(name="robots"), KeywordFactory(name="class struggle")])
    content.studios.set([StudioFactory(name="UFA")])
    SeasonFactory(content=content, number=1)
    episode = EpisodeFactory(content=content, season_number=1, number=1)
    MarkerFactory(content=content, kind="credits", start_seconds="5000.250", end_seconds="5400")
    MarkerFactory(content=content, kind="intro", start_seconds=0, end_seconds="62.5")
    MarkerFactory(content=content, episode=episode)
    AlternativeTitleFactory(content=content, title="Metropolis", country="DE", language="de", kind="working")
    ArtworkFactory(content=content, url="textless", width=1000, height=1500, focal_x="0.5", focal_y="0.333")
    ArtworkFactory(content=content, url="second", language="de")
    ArtworkFactory(content=content, url="primary", language="de", is_primary=True)
    ArtworkFactory(content=content, url="logo", kind="logo", language="fr")
    VideoFactory(content=content, kind="clip", title="On set", url="clip", position=1)
    VideoFactory(content=content, title="Trailer", url="english", language="en", position=2)
    VideoFactory(
        content=content, title="Vorschau", url="deutsch", language="de", position=3, duration_seconds=90
    )
    ExternalIdFactory(content=content, scheme="imdb", value="tt0017136")
    MaturityRatingFactory(content=content, system="test ", country="DE", value="TEEN", descriptors=["Gewalt"])
    MaturityRatingFactory(content=content, system="Nobody's", country="", value="X")
    WindowFactory(content=content, territory="DE", ends_at=datetime(2999, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
    WindowFactory(content=content, territory="FR", ends_at=timezone.now() - timedelta(days=1))
    WindowFactory(content=content, territory="FR", starts_at=timezone.now() + timedelta(days=1))
    WindowFactory(content=content, territory="WW", licence="est")
    TranslationFactory(
        content=content, language="de", title="Die Stadt", tagline="", summary_400="Eine Stadt, lang."
    )
    TranslationFactory(content=content, language="de-AT", title="", tagline="Kana geht.")
    indexed(content)
    content.refresh_from_db()
    return content


def test_a_record_has_everything_of_its_title(series: Content, api: APIClient) -> None:
    answer = api.get(url_of(series)).json()

    keywords, studios = series.keywords.order_by("name"), series.studios.all()
    assert answer == {
        "content_id": str(series.content_id),
        "title": "The City",
        "original_title": "",
        "release_date": "2019-05-17",
        "duration_minutes": 101,
        "content_type": "series",
        "summary": "A city.",
        "thumbnail_url": "textless",
        "trailer_url": "english",
        "rating": 7.5,
        "created_at": answer["created_at"],
        "updated_at": answer["updated_at"],
        "published_at": "2020-01-01T00:00:00Z",
        "season_count": 1,
        "episode_count": 1,
        "sort_title": "City, The",
        "tagline": "Nobody leaves.",
        "summaries": {"190": "A city.", "400": "A city.", "4000": "A city."},
        "original_language": "en",
        "languages": {"title": "en", "sort_title": "en", "tagline": "en", "summary": "en"},
        "countries": ["DE", "US"],
        "rating_count": 1234,
        "keywords": [{"keyword_id": each.pk, "name": each.name} for each in keywords],
        "studios": [{"studio_id": each.pk, "name": "UFA"} for each in studios],
        "alternative_titles": [{"title": "Metropolis", "country": "DE", "language": "de", "kind": "working"}],
        "artwork": {
            "poster": picture("textless", width=1000, height=1500, focal_x=0.5, focal_y=0.333),
            "backdrop": None,
            "banner": None,
            "logo": picture("logo", language="fr"),
            "still": None,
        },
        "videos": [
            {"kind": "clip", "title": "On set", "url": "clip", "language": "", "duration_seconds": None},
            {
                "kind": "trailer",
                "title": "Trailer",
                "url": "english",
                "language": "en",
                "duration_seconds": None,
            },
            {
                "kind": "trailer",
                "title": "Vorschau",
                "url": "deutsch",
                "language": "de",
                "duration_seconds": 90,
            },
        ],
        "markers": [
            {"kind": "intro", "start_seconds": 0.0, "end_seconds": 62.5},
            {"kind": "credits", "start_seconds": 5000.25, "end_seconds": 5400.0},
        ],
        "external_ids": [{"scheme": "imdb", "value": "tt0017136"}],
        "maturity_ratings": [
            {"system": "Nobody's", "country": "", "value": "X", "descriptors": [], "minimum_age": None},
            {
                "system": "test ",
                "country": "DE",
                "value": "TEEN",
                "descriptors": ["Gewalt"],
                "minimum_age": 15,
            },
        ],
        "availability": [
            {"territory": "DE", "licence": "svod", "ends_at": "2999-01-02T03:04:05.000006Z"},
            {"territory": "WW", "licence": "est", "ends_at": None},
        ],
    }
    assert [each["name"] for each in answer["keywords"]] == ["class struggle", "robots"]


@pytest.mark.parametrize("rest", ["", "/cast", "/details"])
def test_an_answer_is_the_same_from_the_rows_and_from_the_cache(
    series: Content, api: APIClient, rest: str
) -> None:
    for lang in ("", "?lang=de-AT,fr"):
        redis.cache().flushdb()
        answers = [api.get(url_of(series, rest), {"lang": "de-AT"} if lang and rest != "/cast" else {})] * 2
        assert answers[0].content == answers[1].content


def test_each_text_and_picture_is_of_the_first_language_asked_for_that_has_it(
    series: Content, api: APIClient
) -> None:
    answer = api.get(url_of(series), {"lang": "fr,de-AT"})

    found = answer.json()
    assert {name: found[name] for name in ("title", "sort_title", "tagline", "summary", "languages")} == {
        "title": "Die Stadt",
        "sort_title": "Die Stadt",
        "tagline": "Kana geht.",
        "summary": "Eine Stadt, lang.",
        "languages": {"title": "de", "sort_title": "de", "tagline": "de-AT", "summary": "de"},
    }
    assert found["summaries"] == dict.fromkeys(("190", "400", "4000"), "Eine Stadt, lang.")
    assert found["artwork"]["poster"] == picture("primary", language="de")
    assert (found["thumbnail_url"], found["trailer_url"]) == ("primary", "deutsch")
    assert "Content-Language" not in answer.headers
    assert api.get(url_of(series, "/details"), {"lang": "fr,de-AT"}).json()["metadata"] == found


def test_the_header_asks_too_and_the_address_wins(series: Content, api: APIClient) -> None:
    german = {"accept-language": "de;q=0.5, nonsense!;q=2"}
    for address in (url_of(series), url_of(series, "/details")):
        by_header = api.get(address, headers=german)
        by_address = api.get(address, {"lang": "de"}, headers={"accept-language": "en"})
        neither = api.get(address)

        assert by_header.content == by_address.content != neither.content
        assert [answer.headers.get("Vary") for answer in (by_header, by_address, neither)] == [
            "Accept-Language",
            None,
            "Accept-Language",
        ]
        assert neither.headers["Content-Language"] == "en"
        unchanged = api.get(address, headers={**german, "if-none-match": by_header.headers["ETag"]})
        assert (unchanged.status_code, unchanged.headers["Vary"]) == (304, "Accept-Language")
        assert api.get(address, headers={"if-none-match": by_header.headers["ETag"]}).status_code == 200


def test_a_title_s_own_pictures_and_trailers_come_before_those_that_stand_in(
    series: Content, api: APIClient
) -> None:
    series.thumbnail_url, series.trailer_url = "https://own.example/p.jpg", "https://own.example/t.mp4"
    content_save(content=series)

    found = api.get(url_of(series), {"lang": "de"}).json()

    assert (found["thumbnail_url"], found["trailer_url"]) == (series.thumbnail_url, series.trailer_url)
    assert found["artwork"]["poster"]["url"] == "primary"


def test_a_title_with_nothing_has_empty_values_of_every_field(stores: None, api: APIClient) -> None:
    content = ContentFactory(summary="", rating=None, release_date=None, duration_minutes=None)

    answer = api.get(url_of(content), {"lang": "de"})

    found = answer.json()
    assert found["artwork"] == dict.fromkeys(("poster", "backdrop", "banner", "logo", "still"))
    assert found["summaries"] == {"190": "", "400": "", "4000": ""}
    assert found["languages"] == {"title": "", "sort_title": "", "tagline": "", "summary": ""}
    assert (found["availability"], found["thumbnail_url"], found["sort_title"]) == (None, "", content.title)
    assert "Content-Language" not in answer.headers


@pytest.mark.parametrize(
    "lang",
    ["", "xx,", "deutsch", "de;q=1", "*", "de,,en", "d\x00e", "%00", "..", "de" * 500, ",".join(["de"] * 11)],
)
@pytest.mark.parametrize("rest", ["", "/details"])
def test_what_is_no_language_is_refused_by_its_parameter_s_name(
    stores: None, api: APIClient, rest: str, lang: str
) -> None:
    answer = api.get(url_of(ContentFactory(), rest), {"lang": lang})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == ["lang"]


@pytest.mark.parametrize("header", ["\x7f", "*", "de;q=9", "a" * 8000, ";;,;q=,", "de-DE-u-co-phonebk", "дe"])
def test_no_header_is_an_error(stores: None, api: APIClient, header: str) -> None:
    answer = api.get(url_of(ContentFactory()), headers={"accept-language": header})

    assert answer.status_code == 200


Change = Callable[[Content], object]


def row(factory: Any, **values: Any) -> Change:
    """Adds one row through the service."""
    return lambda content: children_save(
        content=content, saved=[factory.build(content=content, **values)], deleted=[]
    )


CHANGES: dict[str, Change] = {
    "genre": lambda content: content_save(content=content, links={"genres": [GenreFactory()]}),
    "keyword": lambda content: content_save(content=content, links={"keywords": [KeywordFactory()]}),
    "studio": lambda content: content_save(content=content, links={"studios": [StudioFactory()]}),
    "season": row(SeasonFactory, number=7),
    "episode": row(EpisodeFactory, season_number=1, number=2),
    "video": row(VideoFactory, kind="trailer"),
    "marker": row(MarkerFactory, start_seconds=3),
    "artwork": row(ArtworkFactory, kind="banner"),
    "translation": row(TranslationFactory, language="it"),
    "alternative title": row(AlternativeTitleFactory),
    "window": row(WindowFactory, territory="IT"),
    "maturity rating": row(MaturityRatingFactory, country="AT"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_the_etag_changes_with_every_kind_of_row(series: Content, api: APIClient, kind: str) -> None:
    addresses = [url_of(series), url_of(series, "/details")]
    before = [api.get(address).headers["ETag"] for address in addresses]

    CHANGES[kind](series)

    after = [
        api.get(address, headers={"if-none-match": etag})
        for address, etag in zip(addresses, before, strict=True)
    ]
    assert [answer.status_code for answer in after] == [200, 200]
    assert after[0].json() == after[1].json()["metadata"]


def test_a_credit_says_its_department_and_the_name_as_printed(series: Content, api: APIClient) -> None:
    person = PersonFactory(name="Thea von Harbou", role="Writer")
    CreditFactory(
        content=series,
        person=person,
        department="Writing",
        job="",
        character_name="",
        credited_as="T. v. Harbou",
        billing_order=3,
    )

    expected = {
        "person_id": str(person.person_id),
        "person_name": "Thea von Harbou",
        "role": "Writer",
        "character_name": "",
        "billing_order": 3,
        "department": "Writing",
        "credited_as": "T. v. Harbou",
    }
    assert api.get(url_of(series, "/cast")).json() == [expected]
    assert api.get(url_of(series, "/details")).json()["cast"] == [expected]
