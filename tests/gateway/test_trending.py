"""`/content/trending/daily`: today's ranking as the public sees it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.utils import timezone
from rest_framework.test import APIClient

from tests.factories import ContentFactory, TranslationFactory
from trending.counters import count_view

DAILY = "/api/v1/content/trending/daily"


def test_the_ranking_is_of_ten_titles_most_viewed_first(stores: None, api: APIClient) -> None:
    titles = ContentFactory.create_batch(12)
    for views, content in enumerate(titles, start=1):
        for _ in range(views):
            count_view(content_id=content.content_id, today=datetime.now(UTC).date())

    answer = api.get(DAILY)

    assert answer.json() == [
        {
            "content_id": str(content.content_id),
            "title": content.title,
            "original_language": "",
            "languages": {"title": ""},
            "views": views,
        }
        for views, content in reversed([*enumerate(titles, start=1)][2:])
    ]
    assert len(api.get(DAILY, {"limit": 100}).json()) == 12
    assert len(api.get(DAILY, {"limit": 1}).json()) == 1
    assert api.get(DAILY, {"limit": 101}).status_code == 400


def test_early_in_the_day_yesterdays_titles_fill_the_ranking(stores: None, api: APIClient) -> None:
    today = datetime.now(UTC).date()
    old, both = ContentFactory(), ContentFactory()
    for content in (old, old, both):
        count_view(content_id=content.content_id, today=today - timedelta(days=1))
    count_view(content_id=both.content_id, today=today)

    rows = api.get(DAILY).json()

    assert [(row["content_id"], row["views"]) for row in rows] == [
        (str(both.content_id), 1),
        (str(old.content_id), 0),
    ]


def test_the_ranking_shows_what_is_public_only(stores: None, api: APIClient) -> None:
    shown = ContentFactory()
    hidden = [
        ContentFactory(status="draft"),
        ContentFactory(status="archived"),
        ContentFactory(published_at=timezone.now() + timedelta(hours=1)),
    ]
    for content_id in [uuid4(), shown.content_id, *(content.content_id for content in hidden)]:
        count_view(content_id=content_id, today=datetime.now(UTC).date())

    assert [row["content_id"] for row in api.get(DAILY).json()] == [str(shown.content_id)]


def test_titles_are_in_the_languages_asked_for(stores: None, api: APIClient) -> None:
    city = ContentFactory(title="The City", original_language="en")
    TranslationFactory(content=city, language="pt", title="A Cidade")
    count_view(content_id=city.content_id, today=datetime.now(UTC).date())

    portuguese = api.get(DAILY, {"lang": "pt-BR"}, headers={"accept-language": "en"})
    by_header = api.get(DAILY, headers={"accept-language": "pt-BR"})
    plain = api.get(DAILY)

    (row,) = portuguese.json()
    assert (row["title"], row["languages"], row["views"]) == ("A Cidade", {"title": "pt"}, 1)
    assert by_header.content == portuguese.content
    assert (plain.json()[0]["title"], plain.json()[0]["languages"]) == ("The City", {"title": "en"})
    answers = (portuguese, by_header, plain)
    assert [answer.headers["Content-Language"] for answer in answers] == ["pt", "pt", "en"]
    assert [answer.headers.get("Vary") for answer in answers] == [
        *(None, "Accept-Language", "Accept-Language")
    ]
