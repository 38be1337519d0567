from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.languages import shortened
from catalog.selectors import title_cards
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory, TranslationFactory

pytestmark = pytest.mark.usefixtures("stores")


def test_cards_come_in_the_order_asked_for_and_only_of_public_titles() -> None:
    first = ContentFactory(title="First", genres=["Western", "Drama"])
    second = ContentFactory(title="Second", release_date=None, rating=None)
    draft = ContentFactory(status="draft", published_at=None)
    scheduled = ContentFactory(published_at=timezone.now() + timedelta(days=1))

    cards = title_cards(
        content_ids=[second.content_id, draft.content_id, uuid4(), scheduled.content_id, first.content_id]
    )

    assert [card["title"] for card in cards] == ["Second", "First"]
    assert (cards[0]["year"], cards[0]["rating"], cards[0]["genres"]) == (None, None, [])
    assert (cards[1]["year"], cards[1]["rating"], cards[1]["genres"]) == (2019, 7.5, ["Drama", "Western"])


def test_a_hundred_cards_cost_what_one_costs() -> None:
    ids = [ContentFactory(genres=["Drama"]).content_id for _ in range(100)]
    for asked in (ids[:1], ids):
        with CaptureQueriesContext(connections[CATALOG]) as queries:
            assert len(title_cards(content_ids=asked)) == len(asked)
        assert len(queries) == 3


def test_cards_speak_the_languages_asked_for() -> None:
    both = ContentFactory(title="The City", summary="A city.", original_language="en")
    neither = ContentFactory(title="Metropolis", summary="Another.")
    TranslationFactory(content=both, language="de", title="Die Stadt", summary_4000="Eine Stadt. " * 40)
    TranslationFactory(content=both, language="fr", title="La Ville")

    with CaptureQueriesContext(connections[CATALOG]) as queries:
        first, second = title_cards(
            content_ids=[both.content_id, neither.content_id], chain=("de-AT", "de", "fr")
        )

    assert len(queries) == 4
    assert (first["title"], first["languages"]) == ("Die Stadt", {"title": "de", "summary": "de"})
    assert first["summary"] == "Eine Stadt. " * 16 + "Eine…"
    assert (second["title"], second["languages"]) == ("Metropolis", {"title": "", "summary": ""})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Short.", "Short."),
        ("One two three four", "One two…"),
        ("One two, three four", "One two…"),
        ("Onetwothreefour", "Onetwothree…"),
    ],
)
def test_a_summary_is_cut_between_words(text: str, expected: str) -> None:
    assert shortened(text, 12) == expected
