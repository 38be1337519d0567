"""Who follows the feed: a client that keeps a picture of the public catalog, and two that would seem to do as well."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from catalog.changes.reading import Cursor, changes_since
from catalog.models import Change, Content
from streaming.stores.aliases import CATALOG
from streaming.stores.statements import scalar
from tests.served import until

Picture = dict[UUID, str]

# Transactions of other databases hold the feed back as well: those of tests that run beside these end by themselves.
NOBODY_ELSE_S = """
SELECT coalesce(max(position), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
       OR EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
                     AND backend_xid IS NOT NULL AND pid <> pg_backend_pid())
       OR EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database())
  FROM content_changes
"""


def wait_for_others() -> None:
    """Until the feed waits for nobody, or for transactions of the test itself."""
    until(lambda: bool(scalar(CATALOG, NOBODY_ELSE_S)), "only transactions of this test are left to wait for")


def public_catalog() -> Picture:
    """What a follower's picture is to be: every public title by its id."""
    return dict(Content.objects.public().values_list("content_id", "title"))


def _titles(ids: Collection[UUID]) -> Picture:
    return dict(Content.objects.public().filter(content_id__in=ids).values_list("content_id", "title"))


def _take(picture: Picture, changed: Collection[UUID]) -> None:
    """What a client does for each change: read the title anew, and drop what is not there."""
    found = _titles(changed)
    for content_id in changed:
        picture.pop(content_id, None)
    picture.update(found)


class Follower:
    """Follows its cursor; trusts `change` alone, so that one told wrongly shows in its picture."""

    def __init__(self, *, limit: int = 7) -> None:
        self.picture: Picture = {}
        self.cursor: Cursor | None = None
        self.limit = limit

    def poll(self) -> int:
        """Takes one page in; how many changes it had."""
        page = changes_since(cursor=self.cursor, limit=self.limit)
        self.cursor = page.following
        there = [each["content_id"] for each in page.results if each["change"] in ("created", "updated")]
        for each in page.results:
            if each["change"] in ("deleted", "merged"):
                self.picture.pop(each["content_id"], None)
        self.picture.update(_titles(there))
        return len(page.results)

    def catch_up(self) -> None:
        """Takes in all that was committed before."""
        wait_for_others()
        while self.poll():
            pass


class ByNumber:
    """Asks for the rows past the highest position that it has seen, as one would by a sequence."""

    def __init__(self) -> None:
        self.picture: Picture = {}
        self.last = 0

    def poll(self) -> None:
        rows = list(Change.objects.filter(position__gt=self.last).values_list("position", "content_id"))
        self.last = max((position for position, _ in rows), default=self.last)
        _take(self.picture, [content_id for _, content_id in rows])


class ByTime:
    """Asks for the rows past the latest time that it has seen."""

    def __init__(self, since: datetime) -> None:
        self.picture: Picture = {}
        self.last = since

    def poll(self) -> None:
        rows = list(Change.objects.filter(at__gt=self.last).values_list("at", "content_id"))
        self.last = max((at for at, _ in rows), default=self.last)
        _take(self.picture, [content_id for _, content_id in rows])
