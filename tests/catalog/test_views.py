"""The catalog's endpoints: ids, a title, its cast."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import Content
from catalog.services import children_save, content_save, contents_set_status
from tests.factories import ContentFactory, CreditFactory, PersonFactory, SeasonFactory
from tests.walking import next_of, walk

MOMENT = datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)
IDS = "/api/v1/content/ids"


def url_of(content: Content, rest: str = "") -> str:
    return f"/api/v1/content/{content.content_id}{rest}"


def hidden_titles() -> list[Content]:
    return [
        ContentFactory(status="draft", published_at=None),
        ContentFactory(status="draft"),
        ContentFactory(status="archived"),
        ContentFactory(published_at=timezone.now() + timedelta(hours=1)),
    ]


def test_a_title_has_the_published_fields_as_they_were(stores: None, api: APIClient) -> None:
    content = ContentFactory(
        title="Metropolis",
        original_title="Metropolis (1927)",
        release_date=date(1927, 1, 10),
        duration_minutes=153,
        summary="A city.",
        thumbnail_url="https://img.example/m.jpg",
        trailer_url="https://img.example/m.mp4",
        rating="8.0",
        published_at=MOMENT,
        created_at=MOMENT,
        updated_at=MOMENT + timedelta(microseconds=120),
    )

    answer = api.get(url_of(content))

    assert answer.headers["Content-Type"] == "application/json"
    published = {
        "content_id": str(content.content_id),
        "title": "Metropolis",
        "original_title": "Metropolis (1927)",
        "release_date": "1927-01-10",
        "duration_minutes": 153,
        "content_type": "movie",
        "summary": "A city.",
        "thumbnail_url": "https://img.example/m.jpg",
        "trailer_url": "https://img.example/m.mp4",
        "rating": 8.0,
        "created_at": "2021-02-03T04:05:06Z",
        "updated_at": "2021-02-03T04:05:06.000120Z",
        "published_at": "2021-02-03T04:05:06Z",
        "season_count": 0,
    }
    assert {name: answer.json()[name] for name in published} == published
    assert b'"rating":8.0,' in answer.content
    assert api.get(url_of(content)).content == answer.content  # now from the cache


@pytest.mark.parametrize(
    ("rating", "written"), [("0.0", b"0.0"), ("0.1", b"0.1"), ("10.0", b"10.0"), (None, b"null")]
)
def test_a_rating_is_a_number_with_one_decimal_or_null(
    stores: None, api: APIClient, rating: str | None, written: bytes
) -> None:
    content = ContentFactory(rating=rating)

    for _ in ("from the rows", "from the cache"):
        assert b'"rating":' + written + b"," in api.get(url_of(content)).content


def test_what_a_title_lacks_is_null_or_empty(stores: None, api: APIClient) -> None:
    series = ContentFactory(
        title="A series", content_type="series", release_date=None, duration_minutes=None, summary=""
    )
    SeasonFactory(content=series, number=1)
    SeasonFactory(content=series, number=2)

    body = api.get(url_of(series)).json()

    assert (body["release_date"], body["duration_minutes"], body["season_count"]) == (None, None, 2)
    assert (body["summary"], body["original_title"], body["thumbnail_url"], body["trailer_url"]) == (
        "",
        "",
        "",
        "",
    )
    assert api.get(url_of(series, "/cast")).json() == []


def test_the_cast_is_in_billing_order(stores: None, api: APIClient) -> None:
    content = ContentFactory()
    third = CreditFactory(
        content=content, billing_order=3, job="", person__role="Composer", character_name=""
    )
    first = CreditFactory(
        content=content, billing_order=1, job="Director", person__role="Actor", character_name=""
    )
    second = CreditFactory(
        content=content, billing_order=2, person__name="Brigitte Helm", character_name="Maria"
    )
    CreditFactory()  # of another title

    rows = api.get(url_of(content, "/cast")).json()

    assert [row["person_id"] for row in rows] == [str(c.person_id) for c in (first, second, third)]
    assert [row["role"] for row in rows] == ["Director", "Actor", "Composer"]
    assert rows[1] == {
        "person_id": str(second.person_id),
        "person_name": "Brigitte Helm",
        "role": "Actor",
        "character_name": "Maria",
        "billing_order": 2,
        "department": "",
        "credited_as": "",
    }


def test_credits_of_one_place_keep_one_order(stores: None, api: APIClient) -> None:
    content = ContentFactory()
    made = [CreditFactory(content=content, billing_order=0) for _ in range(12)]

    rows = api.get(url_of(content, "/cast")).json()

    expected = [str(credit.person_id) for credit in sorted(made, key=lambda credit: credit.id)]
    assert [row["person_id"] for row in rows] == expected


@pytest.mark.parametrize("rest", ["", "/cast", "/details", "/reviews", "/views/increment"])
def test_a_title_that_is_not_public_is_not_found(stores: None, api: APIClient, rest: str) -> None:
    for content in hidden_titles():
        url = url_of(content, rest)
        answer = api.post(url) if rest == "/views/increment" else api.get(url)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), content.status


def test_a_title_that_was_public_is_gone_at_once_and_back_at_once(stores: None, api: APIClient) -> None:
    content = ContentFactory()
    assert api.get(url_of(content)).status_code == 200

    contents_set_status(content_ids=[content.content_id], status=Content.Status.ARCHIVED)
    assert [api.get(url_of(content, rest)).status_code for rest in ("", "/cast", "/details")] == [
        404,
        404,
        404,
    ]

    contents_set_status(content_ids=[content.content_id], status=Content.Status.PUBLISHED)
    assert [api.get(url_of(content, rest)).status_code for rest in ("", "/cast", "/details")] == [
        200,
        200,
        200,
    ]


def test_the_etag_changes_with_the_title_and_with_its_credits(stores: None, api: APIClient) -> None:
    content = ContentFactory()
    title, cast = api.get(url_of(content)).headers["ETag"], api.get(url_of(content, "/cast")).headers["ETag"]

    content.title = "Renamed"
    content_save(content=content)

    renamed = api.get(url_of(content), headers={"if-none-match": title})
    assert (renamed.status_code, renamed.json()["title"]) == (200, "Renamed")
    assert api.get(url_of(content, "/cast"), headers={"if-none-match": cast}).status_code == 304

    credit = CreditFactory.build(content=content, person=PersonFactory(), character_name="Maria")
    children_save(content=content, saved=[credit], deleted=[])

    credited = api.get(url_of(content, "/cast"), headers={"if-none-match": cast})
    assert (credited.status_code, [row["character_name"] for row in credited.json()]) == (200, ["Maria"])
    touched = api.get(url_of(content), headers={"if-none-match": renamed.headers["ETag"]})
    assert (touched.status_code, touched.json()["updated_at"] > renamed.json()["updated_at"]) == (200, True)


def test_ids_are_of_public_titles_in_order(stores: None, api: APIClient) -> None:
    public = [ContentFactory().content_id for _ in range(5)]
    hidden_titles()

    answer = api.get(IDS)

    assert answer.json() == [str(content_id) for content_id in sorted(public)]
    assert "Link" not in answer.headers


def test_pages_of_ids_show_each_once_while_titles_appear_in_front(stores: None, api: APIClient) -> None:
    before = {str(ContentFactory(content_id=UUID(int=n << 100)).content_id) for n in range(1, 24)}
    fronts = iter(range(100))

    def in_front() -> None:
        ContentFactory(content_id=UUID(int=next(fronts)))

    rows = walk(api, f"{IDS}?limit=4", between=in_front)

    assert len(rows) == 23
    assert set(rows) == before


def test_a_full_last_page_has_no_next(stores: None, api: APIClient) -> None:
    ContentFactory.create_batch(4)

    assert next_of(api.get(f"{IDS}?limit=4")) is None
    first = api.get(f"{IDS}?limit=2")
    following = next_of(first)
    assert following is not None
    assert "limit=2" in following
    second = api.get(following)
    assert (len(second.json()), next_of(second)) == (2, None)


def test_ids_come_a_thousand_at_a_time_and_at_most_ten_thousand(stores: None, api: APIClient) -> None:
    rows = [
        Content(
            content_id=UUID(int=n), title="t", content_type="movie", status="published", published_at=MOMENT
        )
        for n in range(1001)
    ]
    Content.objects.bulk_create(rows)

    sizes: dict[Any, int] = {
        limit: len(api.get(IDS, {} if limit is None else {"limit": limit}).json())
        for limit in (None, 1, 10_000)
    }

    assert sizes == {None: 1000, 1: 1, 10_000: 1001}
    assert api.get(IDS, {"limit": 10_001}).status_code == 400
