"""Test data, one factory per entity. Rows go in as they are, past the services."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory
from factory.mongoengine import MongoEngineFactory

from analytics.models import User, WatchHistory
from catalog.models import Content, Credit, Genre, Person, Season
from reviews.documents import Review
from trending.models import TrendingDaily

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class GenreFactory(DjangoModelFactory):
    class Meta:
        model = Genre

    name = factory.Sequence(lambda n: f"Genre {n}")


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    name = factory.Sequence(lambda n: f"Person {n}")
    role = "Actor"


class ContentFactory(DjangoModelFactory):
    """A published movie."""

    class Meta:
        model = Content
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Title {n}")
    original_title = ""
    content_type = "movie"
    release_date = date(2019, 5, 17)
    duration_minutes = 101
    summary = "Somebody does something."
    rating = "7.5"
    status = "published"
    published_at = LONG_AGO

    @factory.post_generation
    def genres(self, create: bool, names: list[str] | None, **_: Any) -> None:
        for name in names or ():
            self.genres.add(Genre.objects.get_or_create(name=name)[0])  # type: ignore[attr-defined]


class CreditFactory(DjangoModelFactory):
    class Meta:
        model = Credit

    content = factory.SubFactory(ContentFactory)
    person = factory.SubFactory(PersonFactory)
    job = "Actor"
    character_name = "Herself"
    billing_order = factory.Sequence(int)


class SeasonFactory(DjangoModelFactory):
    class Meta:
        model = Season

    content = factory.SubFactory(ContentFactory, content_type="series")
    number = factory.Sequence(lambda n: n + 1)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"viewer{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = "!"  # nobody logs in with it


class WatchHistoryFactory(DjangoModelFactory):
    class Meta:
        model = WatchHistory

    user = factory.SubFactory(UserFactory)
    content_id = factory.LazyFunction(uuid.uuid4)
    watched_at = factory.Sequence(lambda n: LONG_AGO + timedelta(minutes=n))
    duration_watched_seconds = 600
    last_position_seconds = 600


class TrendingDailyFactory(DjangoModelFactory):
    class Meta:
        model = TrendingDaily

    content = factory.SubFactory(ContentFactory)
    date = date(2020, 1, 1)
    views = 1


class ReviewFactory(MongoEngineFactory):
    class Meta:
        model = Review

    content_id = factory.LazyFunction(uuid.uuid4)
    user_id = factory.LazyFunction(uuid.uuid4)
    rating = 8.0
    comment = "Worth it."
    created_at = factory.Sequence(lambda n: LONG_AGO + timedelta(minutes=n))
