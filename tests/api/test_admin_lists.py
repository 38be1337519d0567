"""Hand-made addresses and selections in the admin's lists end as a message, never as an error page."""

import pytest

from tests.admin_pages import superuser


@pytest.mark.parametrize(
    "address",
    [
        "/admin/analytics/watchhistory/?watched_at__gte=0001-01-01+00:00:00%2B23:00",
        "/admin/trending/trendingdaily/?date__year=99999999999",
        "/admin/catalog/content/?content_id=foo",
    ],
)
def test_a_filter_that_cannot_be_is_left_out(stores: None, address: str) -> None:
    answer = superuser().get(address, follow=True)

    assert answer.status_code == 200
    assert 'id="changelist' in answer.content.decode()


@pytest.mark.parametrize("action", ["publish", "archive", "delete_selected"])
def test_an_action_on_a_row_that_cannot_be_does_nothing(stores: None, action: str) -> None:
    answer = superuser().post(
        "/admin/catalog/content/", {"action": action, "_selected_action": "foo"}, follow=True
    )

    assert answer.status_code == 200
    assert "nothing was done" in answer.content.decode()


def test_an_add_form_takes_nothing_from_its_address(stores: None) -> None:
    answer = superuser().get("/admin/catalog/content/add/?published_at=foo&genres=foo")

    assert answer.status_code == 200
    assert 'value="foo"' not in answer.content.decode()
