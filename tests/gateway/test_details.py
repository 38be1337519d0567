"""`/content/{id}/details`: one title from four stores."""

from collections.abc import Callable
from uuid import uuid4

from rest_framework.test import APIClient

from catalog.services import content_save
from reviews.services import review_create
from streaming.gateway.details import REVIEWS_SHOWN
from tests.factories import ContentFactory, CreditFactory, ReviewFactory, UserFactory


def test_details_of_a_title_nobody_knows_yet(stores: None, api: APIClient) -> None:
    content = ContentFactory(genres=[])

    answer = api.get(f"/api/v1/content/{content.content_id}/details")

    assert answer.json() == {
        "metadata": api.get(f"/api/v1/content/{content.content_id}").json(),
        "genres": [],
        "cast": [],
        "reviews": [],
        "rating_summary": {"count": 0, "mean": None, "histogram": {str(stars): 0 for stars in range(1, 11)}},
        "real_time_views": 0,
        "degraded": [],
    }
    assert "X-Degraded" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"


def test_details_hold_everything_about_a_title(replicated: Callable[[], None], api: APIClient) -> None:
    ada = UserFactory(username="ada")
    content = ContentFactory(genres=["Drama", "Comedy"])
    CreditFactory(content=content, person__name="Brigitte Helm", character_name="Maria")
    written = ReviewFactory(content_id=content.content_id, user_id=ada.user_id, rating=9.5, is_spoiler=True)
    ReviewFactory(content_id=content.content_id, rating=7.0)
    for _ in range(3):
        api.post(f"/api/v1/content/{content.content_id}/views/increment")
    replicated()

    body = api.get(f"/api/v1/content/{content.content_id}/details").json()

    assert [genre["name"] for genre in body["genres"]] == ["Comedy", "Drama"]
    assert {type(genre["genre_id"]) for genre in body["genres"]} == {int}
    assert [credit["character_name"] for credit in body["cast"]] == ["Maria"]
    assert [review["username"] for review in body["reviews"]] == [
        None,
        "ada",
    ]  # newest first; no such account
    assert body["reviews"][1] == {
        "review_id": str(written.review_id),
        "content_id": str(content.content_id),
        "user_id": str(ada.user_id),
        "username": "ada",
        "rating": 9.5,
        "comment": "Worth it.",
        "is_spoiler": True,
        "likes_count": 0,
        "replies_count": 0,
        "created_at": written.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert body["rating_summary"]["count"] == 2
    assert body["rating_summary"]["mean"] == 8.25
    assert (body["rating_summary"]["histogram"]["9"], body["rating_summary"]["histogram"]["7"]) == (1, 1)
    assert body["real_time_views"] == 3


def test_details_show_the_first_page_of_reviews_and_count_all(stores: None, api: APIClient) -> None:
    content = ContentFactory()
    ReviewFactory.create_batch(REVIEWS_SHOWN + 5, content_id=content.content_id)

    body = api.get(f"/api/v1/content/{content.content_id}/details").json()

    assert len(body["reviews"]) == REVIEWS_SHOWN == 20
    assert body["reviews"] == api.get(f"/api/v1/content/{content.content_id}/reviews").json()
    assert body["rating_summary"]["count"] == 25


def test_the_etag_changes_with_the_title_a_review_and_a_view(stores: None, api: APIClient) -> None:
    content = ContentFactory()
    url = f"/api/v1/content/{content.content_id}/details"

    def changed_since(etag: str) -> str:
        answer = api.get(url, headers={"if-none-match": etag})
        assert answer.status_code == 200
        assert api.get(url, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
        return str(answer.headers["ETag"])

    etag = changed_since('"none"')
    content.summary = "Another."
    content_save(content=content)
    etag = changed_since(etag)
    review_create(content_id=content.content_id, user_id=uuid4(), rating=3.5, comment="No.", is_spoiler=False)
    etag = changed_since(etag)
    api.post(f"/api/v1/content/{content.content_id}/views/increment")
    changed_since(etag)
