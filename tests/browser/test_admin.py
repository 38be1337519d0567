"""The editors' pages as a browser lays them out, on the narrowest screen that editors are asked to have."""

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from catalog.admin.sections import SECTIONS
from catalog.models import Content
from tests.admin_pages import superuser
from tests.catalog.admin.pages import TITLES, page_of
from tests.factories import (
    AlternativeTitleFactory,
    ArtworkFactory,
    CollectionItemFactory,
    ContentFactory,
    CreditFactory,
    EpisodeFactory,
    EpisodeOrderFactory,
    ExternalIdFactory,
    MarkerFactory,
    MaturityRatingFactory,
    SeasonFactory,
    TranslationFactory,
    VideoFactory,
    WindowFactory,
    indexed,
)

SCREEN = {"width": 1280, "height": 800}
# What is laid out wider than it is shown, and so would have to be scrolled sideways.
CUT_OFF = """() => [...document.querySelectorAll("html, .results, .tabular fieldset")]
    .filter(box => box.scrollWidth > box.clientWidth)
    .map(box => `${box.className || box.tagName}: ${box.scrollWidth} of ${box.clientWidth}`)"""


@pytest.fixture
def desk(context_with: Callable[..., BrowserContext], address: str) -> Page:
    """An editor's browser."""
    context = context_with(viewport=SCREEN, base_url=address)
    session = superuser().cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    return context.new_page()


@pytest.mark.parametrize("order", ["", "?o=1", "?o=-7"])
def test_the_list_of_titles_shows_all_its_columns(desk: Page, order: str) -> None:
    long = "Birdman or (The Unexpected Virtue of Ignorance): Donaudampfschiffahrtselektrizitaetenhauptwerk"
    indexed(ContentFactory(title=long, content_type="documentary"), ContentFactory(release_date=None))

    desk.goto(f"{TITLES}{order}")

    assert desk.locator("#result_list thead .column-updated").count() == 1
    assert desk.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("section", [section.slug for section in SECTIONS])
def test_the_tables_of_a_title_show_all_their_columns(desk: Page, section: str) -> None:
    desk.goto(page_of(with_rows_in_every_table(), section))

    assert desk.locator(".tabular tr.has_original").count() > 0
    assert desk.evaluate(CUT_OFF) == []


def test_the_page_before_a_merge_spells_names_as_they_are(desk: Page) -> None:
    one, other = ContentFactory(title="eXistenZ"), ContentFactory(title="Existenz")

    desk.goto(f"{TITLES}merge/?rows={one.pk},{other.pk}")

    assert desk.locator("thead th").all_inner_texts()[-2:] == ["eXistenZ", "Existenz"]
    assert desk.evaluate(CUT_OFF) == []


def with_rows_in_every_table() -> Content:
    content: Content = ContentFactory(content_type="series")
    CreditFactory(
        content=content,
        person__name="Apichatpong Weerasethakul Sakda",
        department="Costume & Make-Up",
        job="Casting director",
        character_name="The Man Who Shot Liberty Valance",
        billing_order=4999,
    )
    SeasonFactory(content=content, number=1)
    episode = EpisodeFactory(content=content)
    EpisodeOrderFactory(episode=episode)
    MarkerFactory(content=content, episode=episode)
    for factory in (AlternativeTitleFactory, ArtworkFactory, TranslationFactory, VideoFactory, WindowFactory):
        factory(content=content)
    ExternalIdFactory(content=content)
    CollectionItemFactory(content=content)
    MaturityRatingFactory(content=content, system="MPA", value="M")  # no level maps it, which takes most room
    indexed(content)
    return content
