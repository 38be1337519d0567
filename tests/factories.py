"""Test data, one factory per entity. Rows go in as they are, past the services.

So a title that a factory made has no search document, and its gate says nothing of its windows and ratings, until
`indexed` does for it what every service does.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory
from factory.mongoengine import MongoEngineFactory

from analytics.models import User, WatchHistory
from catalog.models import (
    AlternativeTitle,
    Artwork,
    AvailabilityWindow,
    Collection,
    CollectionItem,
    Content,
    Credit,
    Episode,
    EpisodeOrder,
    ExternalId,
    ExternalIdClaim,
    Genre,
    Keyword,
    Marker,
    MaturityRating,
    Person,
    Season,
    Studio,
    Translation,
    Video,
)
from catalog.services import contents_touch
from reviews.documents import Review
from trending.models import TrendingDaily

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def indexed(*contents: Content) -> None:
    """Has search documents, gates and the feed of changes say what the rows of these titles say."""
    contents_touch([content.content_id for content in contents])


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


class EpisodeFactory(DjangoModelFactory):
    """In a season whose row is not made with it."""

    class Meta:
        model = Episode

    content = factory.SubFactory(ContentFactory, content_type="series")
    season_number = 1
    number = factory.Sequence(lambda n: n + 1)
    title = factory.Sequence(lambda n: f"Episode {n}")


class EpisodeOrderFactory(DjangoModelFactory):
    class Meta:
        model = EpisodeOrder

    episode = factory.SubFactory(EpisodeFactory)
    content = factory.SelfAttribute("episode.content")
    order = "dvd"
    season_number = factory.SelfAttribute("episode.season_number")
    number = factory.SelfAttribute("episode.number")


class VideoFactory(DjangoModelFactory):
    class Meta:
        model = Video

    content = factory.SubFactory(ContentFactory)
    kind = "trailer"
    title = factory.Sequence(lambda n: f"Trailer {n}")
    url = factory.Sequence(lambda n: f"https://videos.example/{n}.mp4")
    position = factory.Sequence(int)


class MarkerFactory(DjangoModelFactory):
    class Meta:
        model = Marker

    content = factory.SubFactory(ContentFactory)
    kind = "intro"
    start_seconds = "12.500"
    end_seconds = "58.000"


class ArtworkFactory(DjangoModelFactory):
    """A textless poster."""

    class Meta:
        model = Artwork

    content = factory.SubFactory(ContentFactory)
    kind = "poster"
    language = ""
    url = factory.Sequence(lambda n: f"https://images.example/{n}.jpg")


class TranslationFactory(DjangoModelFactory):
    class Meta:
        model = Translation

    content = factory.SubFactory(ContentFactory)
    language = "de"
    title = factory.Sequence(lambda n: f"Titel {n}")


class AlternativeTitleFactory(DjangoModelFactory):
    class Meta:
        model = AlternativeTitle

    content = factory.SubFactory(ContentFactory)
    title = factory.Sequence(lambda n: f"Also known as {n}")


class WindowFactory(DjangoModelFactory):
    """Open everywhere, always."""

    class Meta:
        model = AvailabilityWindow

    content = factory.SubFactory(ContentFactory)
    territory = "WW"


class MaturityRatingFactory(DjangoModelFactory):
    class Meta:
        model = MaturityRating

    content = factory.SubFactory(ContentFactory)
    system = "FSK"
    country = "DE"
    value = "12"


class ExternalIdFactory(DjangoModelFactory):
    """With the claim that keeps it from being another title's."""

    class Meta:
        model = ExternalId
        skip_postgeneration_save = True

    content = factory.SubFactory(ContentFactory)
    scheme = "imdb"
    value = factory.Sequence(lambda n: f"tt{n:07}")

    @factory.post_generation
    def claim(self, create: bool, extracted: Any, **_: Any) -> None:
        if create:
            external: Any = self
            ExternalIdClaim.objects.create(
                id=f"{external.scheme}:{external.value}",
                scheme=external.scheme,
                value=external.value,
                content_id=external.content_id,
            )


class KeywordFactory(DjangoModelFactory):
    class Meta:
        model = Keyword

    name = factory.Sequence(lambda n: f"keyword {n}")


class StudioFactory(DjangoModelFactory):
    class Meta:
        model = Studio

    name = factory.Sequence(lambda n: f"Studio {n}")


class CollectionFactory(DjangoModelFactory):
    """Published, and picked by hand."""

    class Meta:
        model = Collection

    name = factory.Sequence(lambda n: f"Collection {n}")
    is_published = True


class CollectionItemFactory(DjangoModelFactory):
    class Meta:
        model = CollectionItem

    content = factory.SubFactory(ContentFactory)
    collection = factory.SubFactory(CollectionFactory)
    position = factory.Sequence(int)


def with_children(content: Content, many: int) -> Content:
    """The title with `many` rows of each kind, and one open window; nothing else of the catalog is changed."""
    content.genres.set(Genre.objects.bulk_create(GenreFactory.build_batch(many)))
    content.keywords.set(Keyword.objects.bulk_create(KeywordFactory.build_batch(many)))
    content.studios.set(Studio.objects.bulk_create(StudioFactory.build_batch(many)))
    people = Person.objects.bulk_create(PersonFactory.build_batch(many))
    collections = Collection.objects.bulk_create(CollectionFactory.build_batch(many))
    tags = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(many)]
    numbers = range(1, many + 1)
    episodes = [EpisodeFactory.build(content=content, season_number=1, number=n) for n in numbers]
    for rows in (
        [CreditFactory.build(content=content, person=person) for person in people],
        [SeasonFactory.build(content=content, number=n) for n in numbers],
        episodes,
        [EpisodeOrderFactory.build(episode=episode) for episode in episodes],
        [MarkerFactory.build(content=content, episode=episode) for episode in episodes],
        MarkerFactory.build_batch(many, content=content),
        VideoFactory.build_batch(many, content=content),
        ArtworkFactory.build_batch(many, content=content),
        [TranslationFactory.build(content=content, language=tag) for tag in tags],
        AlternativeTitleFactory.build_batch(many, content=content),
        [WindowFactory.build(content=content, territory=tag.upper()) for tag in tags],
        [MaturityRatingFactory.build(content=content, country=tag.upper()) for tag in tags],
        ExternalIdFactory.build_batch(many, content=content),
        [CollectionItemFactory.build(content=content, collection=each) for each in collections],
    ):
        type(rows[0])._default_manager.bulk_create(rows)
    indexed(content)
    content.refresh_from_db()
    return content


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
