"""The pictures of titles in lists: the same as their records', for one query."""

import random

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from catalog.languages import Chain, chain_of
from catalog.models import Artwork, Content
from catalog.search.suggesting import suggestions
from catalog.selectors import content_record, title_cards
from catalog.selectors.posters import with_posters
from catalog.visibility import Audience
from streaming.stores.aliases import CATALOG
from tests.factories import ArtworkFactory, ContentFactory, indexed

pytestmark = pytest.mark.usefixtures("stores")
LANGUAGES = ("", "pt", "pt-BR", "de", "en", "ja", "zh-Hant", "zh")


def row(content: Content) -> dict[str, object]:
    return {
        "content_id": content.content_id,
        "thumbnail_url": content.thumbnail_url,
        "original_language": content.original_language,
        "place": 3,
    }


def shown(content: Content, chain: Chain) -> str:
    (card,) = title_cards(content_ids=[content.content_id], chain=chain)
    return str(card["thumbnail_url"])


def test_along_the_chain_then_textless_then_the_original_then_any() -> None:
    content = ContentFactory(original_language="en")
    for language in ("pt", "", "en", "ja"):
        ArtworkFactory(content=content, language=language, url=language or "textless")
    ArtworkFactory(content=content, kind="backdrop", language="pt", url="no poster", is_primary=True)
    chain = ("pt-BR", "pt")

    for expected in ("pt", "textless", "en", "ja"):
        assert shown(content, chain) == expected
        Artwork.objects.filter(content=content, url=expected).delete()
    assert shown(content, chain) == ""


def test_of_one_language_the_primary_is_shown_else_the_first_by_id() -> None:
    content = ContentFactory()
    pictures = [ArtworkFactory(content=content, language="pt") for _ in range(3)]
    first, _, last = sorted(pictures, key=lambda picture: picture.id)
    assert shown(content, ("pt",)) == first.url

    Artwork.objects.filter(content=content, id=last.id).update(is_primary=True)

    assert shown(content, ("pt",)) == last.url


def test_a_title_s_own_picture_comes_before_those_of_any_language() -> None:
    content = ContentFactory(thumbnail_url="https://own.example/p.jpg")
    ArtworkFactory(content=content, language="pt", is_primary=True)
    assert shown(content, ("pt",)) == "https://own.example/p.jpg"


def test_a_hundred_titles_cost_one_query_whatever_they_have_and_keep_the_rest() -> None:
    own = ContentFactory.build_batch(50, thumbnail_url="https://own.example/p.jpg")
    none = ContentFactory.build_batch(50, thumbnail_url="")
    before = [{**row(content), "original_language": ""} for content in (*none, *own)]
    Content.objects.bulk_create([*own, *none])
    poster = Artwork.objects.create(
        content_id=none[0].content_id, kind="poster", url="https://images.example/p.jpg"
    )

    for rows in (before[:1], before[-1:], before):
        with CaptureQueriesContext(connections[CATALOG]) as queries:
            found = with_posters(rows, ("pt",))
        assert len(queries) == 1

    assert found == [{**before[0], "thumbnail_url": poster.url}, *before[1:]]


def test_of_a_title_with_very_many_posters_one_of_each_language_is_read() -> None:
    content = ContentFactory()
    Artwork.objects.bulk_create(
        ArtworkFactory.build(content=content, language=language) for language in LANGUAGES for _ in range(60)
    )

    with CaptureQueriesContext(connections[CATALOG]) as queries:
        (found,) = with_posters([row(content)], ("pt",))

    with connections[CATALOG].cursor() as cursor:
        cursor.execute(queries[0]["sql"])
        assert cursor.rowcount == len(LANGUAGES)
    first = Artwork.objects.filter(content=content, language="pt").earliest("id")
    assert found["thumbnail_url"] == first.url


def test_lists_show_what_records_show() -> None:
    """Four hundred pictures at random, in six sets of languages."""
    rng = random.Random(11)
    contents = ContentFactory.build_batch(60)
    for number, content in enumerate(contents):
        content.title = f"Night {number}"
        content.original_language = rng.choice(LANGUAGES)
        content.thumbnail_url = rng.choice(["", "", "", f"https://own.example/{number}.jpg"])
    Content.objects.bulk_create(contents)
    pictures: list[Artwork] = []
    primary: set[tuple[object, ...]] = set()
    for _ in range(400):
        place = (rng.choice(contents), rng.choice(["poster", "poster", "still"]), rng.choice(LANGUAGES))
        is_primary = place not in primary and rng.random() < 0.3
        primary |= {place} if is_primary else set()
        content, kind, language = place
        pictures.append(
            ArtworkFactory.build(content=content, kind=kind, language=language, is_primary=is_primary)
        )
    Artwork.objects.bulk_create(pictures)
    indexed(*contents)
    ids = [content.content_id for content in contents]
    seen = set()

    for asked in ([], ["pt-BR"], ["de", "en"], ["zh-Hant-TW"], ["fr"], ["ja", "pt"]):
        chain = chain_of(asked)
        cards = title_cards(content_ids=ids, chain=chain)
        suggested = suggestions(text="night", audience=Audience.now(), limit=10, chain=chain)
        for found in (*cards, *suggested):
            record = content_record(content_id=found["content_id"], chain=chain)
            assert record is not None
            assert found["thumbnail_url"] == record["metadata"]["thumbnail_url"]
        assert (len(cards), len(suggested)) == (60, 10)
        seen |= {card["thumbnail_url"] for card in cards}

    assert len(seen) > 100
