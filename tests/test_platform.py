"""The platform as a whole: one title, seen through every published endpoint."""

from collections.abc import Callable

from rest_framework.test import APIClient

from analytics.models import User
from tests.factories import ContentFactory, CreditFactory, ReviewFactory, UserFactory, WatchHistoryFactory


def test_a_title_is_the_same_in_every_endpoint(
    replicated: Callable[[], None], api: APIClient, as_viewer: Callable[[User], APIClient]
) -> None:
    viewer = UserFactory(username="ada")
    content = ContentFactory(title="Metropolis", genres=["Drama"])
    CreditFactory(content=content, person__name="Brigitte Helm", character_name="Maria")
    ReviewFactory(content_id=content.content_id, user_id=viewer.user_id, rating=9.5)
    WatchHistoryFactory(user=viewer, content_id=content.content_id)
    replicated()
    base = f"/api/v1/content/{content.content_id}"

    details = api.get(f"{base}/details").json()

    assert details["degraded"] == []
    assert details["metadata"] == api.get(base).json()
    assert details["metadata"]["title"] == "Metropolis"
    assert details["cast"] == api.get(f"{base}/cast").json()
    assert details["reviews"] == api.get(f"{base}/reviews").json()
    assert details["reviews"][0]["username"] == "ada"
    assert details["rating_summary"]["mean"] == 9.5
    history = as_viewer(viewer).get(f"/api/v1/content/users/{viewer.user_id}/watch-history").json()
    assert [(play["title"], play["username"]) for play in history] == [("Metropolis", "ada")]
