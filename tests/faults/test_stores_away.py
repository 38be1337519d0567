"""A store is killed, or frozen, while the platform serves: details answers with what is left, or 503, then recovers."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dev import faults, lifecycle
from tests.served import Platform, until

pytestmark = pytest.mark.slow

FAULTS = {"killed": faults.kill, "frozen": faults.freeze}
MENDED_BY = {"killed": lifecycle.start_store, "frozen": faults.thaw}
# Store to what details must say it lacks. The analytics primary is asked for nothing there.
LACKING = {
    "analytics": [],
    "replica": ["usernames"],
    "documents": ["reviews"],
    "cache": [],
    "state": ["views"],
}


@pytest.mark.parametrize("store", LACKING)
@pytest.mark.parametrize("fault", FAULTS)
def test_details_names_what_it_lacks_and_recovers(served: Platform, store: str, fault: str) -> None:
    content_id = served.content_ids[0]
    assert served.details(content_id).body["degraded"] == []

    FAULTS[fault](served.instance, store)
    try:
        answers = [served.details(content_id) for _ in range(3)]
    finally:
        MENDED_BY[fault](served.instance, store)

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert [answer.body["degraded"] for answer in answers] == [LACKING[store]] * 3
    for answer in answers:
        assert answer.headers.get("x-degraded", "") == ", ".join(LACKING[store])
        assert (answer.headers["cache-control"] == "no-store") is bool(LACKING[store])
        assert answer.body["metadata"]["content_id"] == content_id
        assert (answer.body["real_time_views"] is None) is (store == "state")
        assert (answer.body["rating_summary"] is None) is (store == "documents")
    until(lambda: served.details(content_id).body["degraded"] == [], "details is whole again")
    assert served.details(content_id).body["reviews"][0]["username"] == "ada"


@pytest.mark.parametrize("fault", FAULTS)
def test_without_the_catalog_a_cached_title_is_served_and_another_is_503(
    served: Platform, fault: str
) -> None:
    cached, other = served.content_ids[0], served.content_ids[1 if fault == "killed" else 2]
    assert served.details(cached).status == 200

    FAULTS[fault](served.instance, "catalog")
    try:
        whole, missing, ready = served.details(cached), served.details(other), served.get("/readyz")
    finally:
        MENDED_BY[fault](served.instance, "catalog")

    assert (whole.status, whole.body["degraded"]) == (200, [])
    assert (missing.status, missing.body["code"]) == (503, "store_unavailable")
    assert missing.headers["content-type"] == "application/problem+json"
    assert missing.headers["retry-after"] == "1"
    assert (ready.status, ready.body["status"]) == (503, "unavailable")
    until(lambda: served.details(other).status == 200, "the title is served")
    until(lambda: served.get("/readyz").body["status"] == "ok", "every store is ready")


def test_requests_that_wait_for_a_frozen_store_do_not_hold_up_the_others(served: Platform) -> None:
    """Keeps away: admin pages, whose deadline is long, that took every thread for as long as a store was frozen."""
    content_id = served.content_ids[0]
    assert served.details(content_id).status == 200
    session = {"Cookie": "sessionid=abcdefghabcdefghabcdefghabcdefgh"}

    faults.freeze(served.instance, "analytics")
    try:
        with ThreadPoolExecutor(12) as pool:
            admin_pages = [pool.submit(served.get, "/admin/", seconds=15, headers=session) for _ in range(12)]
            details = served.details(content_id)
            statuses = {page.result().status for page in admin_pages}
    finally:
        faults.thaw(served.instance, "analytics")

    assert (details.status, details.body["degraded"]) == (200, [])
    assert statuses == {503}
    until(lambda: served.get("/readyz").body["status"] == "ok", "every store is ready")
