"""A catalog with one public title and one title hidden for each reason, for tests that look for what gets out.

Every text of a title has two words of its own: one to ask by, one that tells. A route that shows the telling word or
the id of a title to somebody who may not see it has a leak. What titles share, they all share with the public one, so
that whatever leads from it to others may lead to the hidden ones.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from catalog.models import Collection, Content, ContentMerge, Genre, Keyword, Person, Studio
from catalog.services import contents_set_status
from tests.factories import (
    AlternativeTitleFactory,
    ArtworkFactory,
    CollectionFactory,
    CollectionItemFactory,
    ContentFactory,
    CreditFactory,
    EpisodeFactory,
    EpisodeOrderFactory,
    ExternalIdFactory,
    GenreFactory,
    KeywordFactory,
    MarkerFactory,
    MaturityRatingFactory,
    PersonFactory,
    ReviewFactory,
    SeasonFactory,
    StudioFactory,
    TranslationFactory,
    VideoFactory,
    WindowFactory,
    indexed,
)
from trending.services import view_count

DAY = timedelta(days=1)
COUNTRY = "DE"  # where the audience of the second look is, aged `LIMIT`
LIMIT = 12
WERE_PUBLIC = {"withdrawn"}


@dataclass(frozen=True)
class Case:
    """A title, what it is asked by, and what must not be told of it."""

    name: str
    content_id: UUID
    ids: dict[str, object]
    person: Person
    genre: Genre
    keyword: Keyword
    studio: Studio
    collection: Collection
    was_public: bool

    @property
    def asked(self) -> str:
        return f"ulv{self.name}"

    @property
    def telltales(self) -> tuple[str, str]:
        return f"zyx{self.name}", str(self.content_id)


@dataclass(frozen=True)
class Shared:
    genre: Genre
    keyword: Keyword
    studio: Studio
    person: Person
    collections: tuple[Collection, ...]

    def paths(self) -> list[dict[str, object]]:
        """What leads to all of the titles at once, as path parameters."""
        lists: list[dict[str, object]] = [{"collection_id": each.collection_id} for each in self.collections]
        return [{"person_id": self.person.person_id, "genre_id": self.genre.genre_id}, *lists]


def shared() -> Shared:
    return Shared(
        genre=GenreFactory(name="Everybody's genre"),
        keyword=KeywordFactory(name="everybody's keyword"),
        studio=StudioFactory(name="Everybody's studio"),
        person=PersonFactory(name="Everybody Knows"),
        collections=(
            CollectionFactory(name="Picked"),
            CollectionFactory(name="Ruled", rule="type=series"),
        ),
    )


def public_case(common: Shared) -> Case:
    return _case("public", common, windows=[(COUNTRY, None, None)], ratings=[("FSK", "6")])


def hidden_cases(common: Shared, public: Case) -> list[Case]:
    """Hidden from everybody."""
    now = datetime.now(UTC)
    merged = _case("merged", common, status="merged")
    ContentMerge.objects.create(
        content_id=merged.content_id, into_id=public.content_id, merged_at=now, undo={}
    )
    return [
        _case("draft", common, status="draft"),
        _case("undated", common, status="draft", published_at=None),
        _case("archived", common, status="archived"),
        _withdrawn(common),
        _case("scheduled", common, published_at=now + DAY),
        _case("unopened", common, windows=[("WW", now + DAY, None)]),
        _case("ended", common, windows=[("WW", None, now - timedelta(seconds=1))]),
        merged,
    ]


def _withdrawn(common: Shared) -> Case:
    """Public until a moment ago."""
    case = _case("withdrawn", common)
    contents_set_status(content_ids=[case.content_id], status=Content.Status.ARCHIVED)
    return case


def limited_cases(common: Shared) -> list[Case]:
    """Public, and hidden from somebody of `LIMIT` years in `COUNTRY`."""
    return [
        _case("unrated", common, ratings=[]),
        _case("unmapped", common, ratings=[("FSK", "6"), ("ZZZ", "about six")]),
        _case("strict", common, ratings=[("FSK", "6"), ("MPA", "NC-17")]),
        _case("abroad", common, windows=[("FR", None, None)]),
    ]


def nothing() -> Case:
    """What there would be of a title that there is not."""
    name = "nothing"
    text = f"Ulv{name} Zyx{name}"
    key, title, person, collection = 999_999_999, uuid4(), uuid4(), uuid4()
    ids: dict[str, object] = {
        **{"content_id": title, "person_id": person, "collection_id": collection, "review_id": uuid4()},
        **{"season_number": 1, "genre_id": key, "scheme": "imdb", "value": "tt9999999"},
    }
    return Case(
        name,
        title,
        ids,
        Person(person_id=person),
        Genre(genre_id=key, name=f"{text} genre"),
        Keyword(name=f"{text} keyword"),
        Studio(name=f"{text} studio"),
        Collection(collection_id=collection),
        was_public=False,
    )


Windows = list[tuple[str, datetime | None, datetime | None]]


def _case(
    name: str,
    common: Shared,
    *,
    windows: Windows | None = None,
    ratings: list[tuple[str, str]] | None = None,
    **fields: Any,
) -> Case:
    text = f"Ulv{name} Zyx{name}"
    title: Content = ContentFactory(
        title=text,
        original_title=f"{text} original",
        sort_title=f"{text} sorted",
        tagline=f"{text} tagline",
        summary=f"{text} summary",
        content_type="series",
        thumbnail_url=f"https://images.example/zyx{name}.jpg",
        countries=[COUNTRY],
        rating_count=10,
        **fields,
    )
    for territory, starts_at, ends_at in windows or ():
        WindowFactory(content=title, territory=territory, starts_at=starts_at, ends_at=ends_at)
    for number, (system, value) in enumerate([("FSK", "6")] if ratings is None else ratings):
        MaturityRatingFactory(content=title, system=system, value=value, country=("DE", "US")[number])
    own = _own(name, text, title, common)
    _rows_of(title, name, text)
    indexed(title)
    for _ in range(3):
        view_count(content_id=title.content_id, event_id=None)
    return own


def _own(name: str, text: str, title: Content, common: Shared) -> Case:
    """What the title alone has of what titles share; its collection is not published, unless the title is public."""
    person = PersonFactory(name=f"{text} star", biography=f"{text} biography")
    genre = GenreFactory(name=f"{text} genre")
    keyword = KeywordFactory(name=f"{text} keyword")
    studio = StudioFactory(name=f"{text} studio")
    collection = CollectionFactory(
        name=f"{text} collection", summary=f"{text} list", is_published=name == "public"
    )
    title.genres.set([common.genre, genre])
    title.keywords.set([common.keyword, keyword])
    title.studios.set([common.studio, studio])
    for credited in (common.person, person):
        CreditFactory(content=title, person=credited, character_name=f"{text} role")
    for each in (*(listed for listed in common.collections if not listed.rule), collection):
        CollectionItemFactory(content=title, collection=each)
    external = ExternalIdFactory(content=title)
    review = ReviewFactory(content_id=title.content_id, comment=f"{text} comment")
    ids = {
        "content_id": title.content_id,
        "season_number": 1,
        "person_id": person.person_id,
        "genre_id": genre.genre_id,
        "collection_id": collection.collection_id,
        "scheme": external.scheme,
        "value": external.value,
        "review_id": review.review_id,
    }
    return Case(name, title.content_id, ids, person, genre, keyword, studio, collection, name in WERE_PUBLIC)


def _rows_of(title: Content, name: str, text: str) -> None:
    SeasonFactory(content=title, number=1, title=f"{text} season")
    episode = EpisodeFactory(content=title, season_number=1, number=1, title=f"{text} episode")
    EpisodeOrderFactory(content=title, episode=episode)
    MarkerFactory(content=title, episode=episode)
    VideoFactory(content=title, title=f"{text} trailer", url=f"https://videos.example/zyx{name}.mp4")
    ArtworkFactory(content=title, url=f"https://images.example/zyx{name}-poster.jpg")
    TranslationFactory(content=title, title=f"{text} Titel", summary_400=f"{text} Inhalt")
    AlternativeTitleFactory(content=title, title=f"{text} alias")
