"""What pages of titles cost: a fixed number of statements, however long the title's tables are."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

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
    Marker,
    MaturityRating,
    Person,
    Season,
    Translation,
    Video,
)
from tests.admin_pages import queries_of, values_of
from tests.catalog.admin.pages import page_of, saved_or_errors
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
    MarkerFactory,
    MaturityRatingFactory,
    PersonFactory,
    SeasonFactory,
    TranslationFactory,
    VideoFactory,
    WindowFactory,
    indexed,
)

LANGUAGES = ["de", "fr", "it", "es", "pt", "ja", "ko", "zh", "nl", "sv"]
COUNTRIES = ["DE", "FR", "IT", "ES", "PT", "JP", "KR", "CN", "NL", "SE"]


def credits(content: Content, many: int) -> None:
    people = Person.objects.bulk_create(PersonFactory.build_batch(many))
    Credit.objects.bulk_create([CreditFactory.build(content=content, person=person) for person in people])


def episodes(content: Content, many: int) -> None:
    Season.objects.bulk_create(
        [SeasonFactory.build(content=content, number=n) for n in range(many // 10 + 1)]
    )
    made = Episode.objects.bulk_create(
        [EpisodeFactory.build(content=content, season_number=n // 10, number=n % 10) for n in range(many)]
    )
    EpisodeOrder.objects.bulk_create(
        [EpisodeOrderFactory.build(content=content, episode=episode) for episode in made]
    )


def texts(content: Content, many: int) -> None:
    Translation.objects.bulk_create(
        [TranslationFactory.build(content=content, language=tag) for tag in LANGUAGES[:many]]
    )
    AlternativeTitle.objects.bulk_create(AlternativeTitleFactory.build_batch(many, content=content))


def media(content: Content, many: int) -> None:
    Artwork.objects.bulk_create(ArtworkFactory.build_batch(many, content=content))
    Video.objects.bulk_create(VideoFactory.build_batch(many, content=content))
    Marker.objects.bulk_create(MarkerFactory.build_batch(many, content=content))


def rights(content: Content, many: int) -> None:
    AvailabilityWindow.objects.bulk_create(
        [WindowFactory.build(content=content, territory=code) for code in COUNTRIES[:many]]
    )
    MaturityRating.objects.bulk_create(
        [MaturityRatingFactory.build(content=content, country=code) for code in COUNTRIES[:many]]
    )


def registry(content: Content, many: int) -> None:
    ExternalId.objects.bulk_create(ExternalIdFactory.build_batch(many, content=content))
    collections = Collection.objects.bulk_create(CollectionFactory.build_batch(many))
    CollectionItem.objects.bulk_create(
        [CollectionItemFactory.build(content=content, collection=each) for each in collections]
    )


Fill = Callable[[Content, int], None]
# Page, what fills its tables, how many rows, a field to change, statements to open it and to save it, less
# those of what follows from every change of a title.
PAGES: Sequence[tuple[str, Fill, int, str, int, int]] = [
    ("credits", credits, 500, "credits-0-character_name", 4, 18),
    ("episodes", episodes, 300, "episodes-0-title", 7, 19),
    ("texts", texts, 10, "translations-0-title", 5, 15),
    ("media", media, 10, "videos-0-title", 6, 16),
    ("rights", rights, 10, "maturity_ratings-0-value", 9, 16),
    ("registry", registry, 10, "collection_items-0-position", 6, 19),
]


@pytest.mark.parametrize(("page", "fill", "many", "changed", "opening", "saving"), PAGES)
def test_a_titles_page_costs_the_same_with_1_and_hundreds_of_rows(
    editor: Client, page: str, fill: Fill, many: int, changed: str, opening: int, saving: int
) -> None:
    def cost(content: Content) -> tuple[int, int]:
        address, answers = page_of(content, page), list[Any]()
        to_open = queries_of(lambda: answers.append(editor.get(address)))
        values = values_of(answers[0]) | {changed: "777"}
        to_save = queries_of(lambda: answers.append(editor.post(address, values)))
        assert saved_or_errors(answers[1]) == "saved"
        return to_open, to_save - queries_of(lambda: indexed(content))

    first, small, large = ContentFactory.create_batch(3, content_type="series")
    for content, rows in ((first, 1), (small, 1), (large, many)):
        fill(content, rows)
        indexed(content)
    cost(first)  # what a process asks once: types of content, levels of maturity
    assert (cost(small), cost(large)) == ((opening, saving), (opening, saving))


def test_the_first_page_costs_the_same_with_1_and_500_credits(editor: Client) -> None:
    small, large = ContentFactory(genres=["Drama"]), ContentFactory(genres=["Drama"])
    credits(small, 1)
    credits(large, 500)
    editor.get(page_of(small))  # what a process asks once: levels of maturity
    assert [queries_of(lambda: editor.get(page_of(each))) for each in (small, large)] == [11, 11]  # noqa: B023
