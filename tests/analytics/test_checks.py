"""The system checks of what is replicated: each finds its mistake, and the project has none."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import checks
from django.core.checks import CheckMessage

from analytics.models import User, WatchHistory
from analytics.replication import PUBLISHED

LISTS: dict[Any, tuple[str, ...]] = PUBLISHED


def found() -> list[CheckMessage]:
    """By the registry, so that a check that nobody registered finds nothing."""
    return [
        message
        for message in checks.run_checks(tags=[checks.Tags.models])
        if (message.id or "").startswith("analytics.")
    ]


def test_the_project_has_no_such_mistake() -> None:
    assert found() == []


def test_a_replicated_model_that_is_not_published_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LISTS, WatchHistory)

    (error,) = found()

    assert (error.id, error.msg) == (
        "analytics.E001",
        "analytics.watchhistory has a table on the replica, but is not published.",
    )
    assert error.hint == "Name its columns in analytics.replication.PUBLISHED, or take it out of REPLICATED."


def test_a_published_model_without_a_table_on_the_replica_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LISTS, Group, ("id", "name"))

    (error,) = found()

    assert (error.id, error.msg) == (
        "analytics.E001",
        "auth.group is published, but has no table on the replica.",
    )
    assert error.hint == "Add it to REPLICATED in streaming.stores.router, or take it out of PUBLISHED."


@pytest.mark.parametrize(("model", "column"), [(User, "username"), (WatchHistory, "user_id")])
def test_an_unpublished_column_that_an_insert_needs_is_found(
    monkeypatch: pytest.MonkeyPatch, model: type[User] | type[WatchHistory], column: str
) -> None:
    monkeypatch.setitem(LISTS, model, tuple(name for name in LISTS[model] if name != column))

    (error,) = found()

    field = column.removesuffix("_id")
    assert (error.id, error.msg) == (
        "analytics.E002",
        f"analytics.{model.__name__}.{field} is not published, not null and has no database default.",
    )
    assert (
        error.hint
        == "Give it a db_default or null=True, or publish it: else the apply worker stops at the next row."
    )


def test_a_column_with_a_database_default_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LISTS, User, ("user_id", "username"))

    assert found() == []
