"""The pages as somebody uses them: by keyboard, with and without the script."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from catalog.models import Content
from tests.factories import (
    ContentFactory,
    CreditFactory,
    EpisodeFactory,
    ReviewFactory,
    SeasonFactory,
    indexed,
)
from trending.services import view_count

MakeContext = Callable[..., BrowserContext]


def made(title: str, **facts: object) -> Content:
    content: Content = ContentFactory(title=title, **facts)
    indexed(content)
    return content


def test_a_title_is_found_by_keyboard_alone(tab: Page, address: str) -> None:
    made("Metropolis", genres=["Drama"])
    wanted = made("Metropolitan", release_date="1990-08-03")
    tab.goto(address)
    box = tab.get_by_role("combobox", name="Find a title or a person")
    expect(box).to_be_focused()

    tab.keyboard.type("metropo")
    options = tab.get_by_role("option")
    expect(options).to_have_count(2)
    expect(box).to_have_attribute("aria-expanded", "true")
    place = next(at for at in range(2) if "1990" in options.nth(at).inner_text())
    for _ in range(place + 1):
        tab.keyboard.press("ArrowDown")
    expect(options.nth(place)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", f"suggestion-{place}")
    tab.keyboard.press("Enter")

    expect(tab).to_have_url(f"{address}/titles/{wanted.content_id}")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Metropolitan")


def test_escape_closes_the_suggestions_and_a_click_opens_a_title(tab: Page, address: str) -> None:
    wanted = made("Nosferatu")
    tab.goto(address)
    tab.get_by_role("combobox").fill("nosf")
    expect(tab.get_by_role("option")).to_have_count(1)

    tab.keyboard.press("Escape")
    expect(tab.get_by_role("listbox")).to_be_hidden()
    tab.keyboard.press("ArrowDown")
    tab.get_by_role("option").click()

    expect(tab).to_have_url(f"{address}/titles/{wanted.content_id}")


def test_names_are_shown_as_text_whatever_they_hold(tab: Page, address: str) -> None:
    made("Evil <img src=x onerror=alert(1)> Nights")
    tab.goto(address)
    tab.get_by_role("combobox").fill("evil")

    expect(tab.get_by_role("option")).to_contain_text("Evil <img src=x onerror=alert(1)> Nights")
    tab.keyboard.press("Enter")
    expect(tab.locator(".card .name")).to_have_text("Evil <img src=x onerror=alert(1)> Nights")


def test_a_title_s_page_shows_what_there_is(tab: Page, address: str) -> None:
    content = made("Metropolis", genres=["Drama", "Science Fiction"], summary="A city.")
    for number in range(25):
        CreditFactory(content=content, person__name=f"Player {number}", billing_order=number)
    ReviewFactory(content_id=content.content_id, comment="He was the robot all along.", is_spoiler=True)
    view_count(content_id=content.content_id, event_id=None)
    indexed(content)

    tab.goto(f"{address}/titles/{content.content_id}")

    expect(tab.get_by_label("Genres").get_by_role("listitem")).to_have_text(["Drama", "Science Fiction"])
    expect(tab.get_by_text("1 view")).to_be_visible()
    expect(tab.get_by_text("Player 24")).to_be_hidden()
    tab.get_by_text(re.compile("^7 more$")).click()
    expect(tab.get_by_text("Player 24")).to_be_visible()
    expect(tab.get_by_text("He was the robot all along.")).to_be_hidden()
    tab.get_by_text("Shows how it ends").click()
    expect(tab.get_by_text("He was the robot all along.")).to_be_visible()


def test_a_series_leads_to_its_episodes_and_to_titles_like_it(tab: Page, address: str) -> None:
    series = made("Dark", content_type="series", genres=["Mystery"])
    other = made("1899", genres=["Mystery"])
    SeasonFactory(content=series, number=1)
    EpisodeFactory(content=series, season_number=1, number=1)
    indexed(series)

    tab.goto(f"{address}/titles/{series.content_id}")

    season = tab.get_by_role("link", name="Season 1")
    expect(season.locator("..")).to_contain_text("1 episode")
    assert tab.request.get(address + (season.get_attribute("href") or "")).ok
    tab.get_by_role("link", name="1899").click()
    expect(tab).to_have_url(f"{address}/titles/{other.content_id}")


def test_the_pages_work_without_the_script(context_with: MakeContext, address: str) -> None:
    wanted = made("Nosferatu")
    tab = context_with(java_script_enabled=False).new_page()
    tab.goto(address)
    tab.get_by_label("Find a title or a person").fill("nosferatu")
    tab.get_by_role("button", name="Search").click()
    tab.get_by_role("link", name="Nosferatu").click()

    expect(tab).to_have_url(f"{address}/titles/{wanted.content_id}")


def test_nothing_hangs_over_on_a_telephone(context_with: MakeContext, address: str) -> None:
    content = made("Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2)
    tab = context_with(viewport={"width": 360, "height": 700}).new_page()
    for path in ("/", f"/?q={content.title}", f"/titles/{content.content_id}"):
        tab.goto(address + path)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360, path
