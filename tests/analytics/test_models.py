"""What the tables of people themselves refuse, whoever writes."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from analytics.models import User
from tests.factories import UserFactory, WatchHistoryFactory


@pytest.mark.parametrize("taken", ["ada", "ADA", "aDa"])
def test_a_username_is_unique_in_any_case(stores: None, taken: str) -> None:
    UserFactory(username="Ada")

    with pytest.raises(IntegrityError, match="users_username_any_case"):
        UserFactory(username=taken, email="")


@pytest.mark.parametrize("taken", ["Ada@Example.org", "ada@example.org", "ADA@EXAMPLE.ORG"])
def test_an_address_is_unique_in_any_case(stores: None, taken: str) -> None:
    UserFactory(email="Ada@Example.org")

    with pytest.raises(IntegrityError, match="users_email_any_case"):
        UserFactory(email=taken)


def test_any_number_of_users_may_have_no_address(stores: None) -> None:
    """On the replica none has one."""
    UserFactory.create_batch(3, email="")

    assert User.objects.filter(email="").count() == 3


def test_an_event_of_a_viewer_counts_once_and_of_another_again(stores: None) -> None:
    play = WatchHistoryFactory()

    WatchHistoryFactory(event_id=play.event_id)
    with pytest.raises(IntegrityError, match="history_event_once"):
        WatchHistoryFactory(user=play.user, event_id=play.event_id)


def test_a_play_may_be_of_a_title_that_no_table_here_knows(stores: None) -> None:
    assert WatchHistoryFactory(content_id=uuid.UUID(int=1)).content_id == uuid.UUID(int=1)


def test_a_row_without_private_columns_gets_their_defaults(stores: None) -> None:
    """As the apply worker inserts it on the replica."""
    user = User(username="ada", registration_date=datetime(2020, 1, 1, tzinfo=UTC))
    user.save(force_insert=True)

    assert User.objects.values_list("email", "password", "is_active", "is_staff", "is_superuser").get() == (
        "",
        "",
        True,
        False,
        False,
    )
