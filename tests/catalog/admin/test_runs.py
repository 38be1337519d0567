"""Tables too long for one page: every row is on one of its pages, and each page is saved for itself."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from catalog.admin.choosing import PartFormSet
from catalog.admin.rows import MOST_ROWS, PartOfTitle
from catalog.admin.runs import SHOWN
from catalog.admin.sections import SECTIONS, WHEN_ADDED
from catalog.models import Content, Credit, Episode, EpisodeOrder, Season
from tests.admin_pages import queries_of, values_of
from tests.catalog.admin.pages import credit, page_of, row_errors, rows, save, saved_or_errors
from tests.factories import (
    ArtworkFactory,
    ContentFactory,
    CreditFactory,
    EpisodeFactory,
    EpisodeOrderFactory,
    ExternalIdFactory,
    PersonFactory,
    SeasonFactory,
    TranslationFactory,
    WindowFactory,
)

MANY = 1900  # a row posts eleven fields: more than the server took of one form


def run(content: Content, section: str, number: int) -> str:
    return page_of(content, section) + (f"{number}/" if number > 1 else "")


def ids_on(values: dict[str, Any], prefix: str) -> list[str]:
    return [value for name, value in values.items() if re.fullmatch(rf"{prefix}-\d+-id", name)]


def series_of(many: int) -> Content:
    """Seasons of a hundred episodes."""
    content: Content = ContentFactory(content_type="series")
    Season.objects.bulk_create(
        SeasonFactory.build(content=content, number=number) for number in range(many // 100 + 1)
    )
    Episode.objects.bulk_create(
        EpisodeFactory.build(content=content, season_number=place // 100, number=place % 100)
        for place in range(many)
    )
    return content


def test_a_series_of_very_many_episodes_is_edited_page_by_page(editor: Client) -> None:
    """Keeps away: a page that posts more fields than the server takes, so that nothing of it could be saved."""
    content = series_of(MANY)
    stored = list(Episode.objects.order_by("season_number", "number"))

    page = editor.get(page_of(content, "episodes")).content.decode()
    values = [values_of(editor.get(run(content, "episodes", number))) for number in (1, 2, 3, 4, 5)]

    found = re.findall(r'<li><a href="([^"]*/episodes/[^"]*)"( aria-current="page")?>(S\w+)</a></li>', page)
    assert found == [
        (run(content, "episodes", number), ' aria-current="page"' if number == 1 else "", head)
        for number, head in enumerate(("S00E00", "S05E00", "S10E00", "S15E00"), 1)
    ]
    shown = [ids_on(each, "episodes") for each in values]
    assert [each for some in shown for each in some] == [str(episode.pk) for episode in stored]
    assert [len(some) for some in shown] == [SHOWN, SHOWN, SHOWN, MANY - 3 * SHOWN, 0]

    last = len(shown[3]) - 1
    typed = {f"episodes-{last}-title": "The end", f"episodes-{last - 1}-DELETE": "on"}
    answer = editor.post(run(content, "episodes", 4), values[3] | typed | {"_continue": ""})

    assert (answer.status_code, answer.headers["Location"]) == (302, run(content, "episodes", 4))
    stored[-1].title = "The end"
    expected = [(each.pk, each.title) for each in stored if each != stored[-2]]
    assert list(Episode.objects.order_by("season_number", "number").values_list("pk", "title")) == expected
    assert Season.objects.count() == MANY // 100 + 1


def test_a_page_full_of_long_summaries_is_saved(editor: Client) -> None:
    """Keeps away: a page of a length that a browser may send and the server does not read."""
    content = series_of(SHOWN)
    Episode.objects.update(summary="Ж" * 3000)
    values = values_of(editor.get(page_of(content, "episodes"))) | {"episodes-0-title": "Пилот"}

    body = urlencode(values)
    response = editor.post(
        page_of(content, "episodes"), body, content_type="application/x-www-form-urlencoded"
    )

    assert len(body) > 9_000_000
    assert saved_or_errors(response) == "saved"
    assert Episode.objects.get(season_number=0, number=0).title == "Пилот"


def test_every_page_of_a_long_table_costs_the_same(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartOfTitle, "shown", 10)
    monkeypatch.setattr(PartOfTitle, "max_num", 20)
    few, many = series_of(25), series_of(95)
    editor.get(page_of(few, "episodes"))

    def cost(content: Content, number: int) -> tuple[int, int]:
        address, answers = run(content, "episodes", number), list[Any]()
        to_open = queries_of(lambda: answers.append(editor.get(address)))
        values = values_of(answers[0]) | {"episodes-0-title": "Changed"}
        to_save = queries_of(lambda: answers.append(editor.post(address, values)))
        assert saved_or_errors(answers[1]) == "saved"
        return to_open, to_save

    assert cost(few, 1) == cost(many, 1)
    assert cost(few, 2) == cost(few, 3) == cost(many, 2) == cost(many, 10)


@pytest.mark.parametrize("section", [*SECTIONS, None], ids=lambda each: each.slug if each else "added")
def test_the_server_takes_the_fullest_page_there_may_be(editor: Client, section: Any) -> None:
    content = ContentFactory(content_type="series")
    page = editor.get(page_of(content, section.slug) if section else "/admin/catalog/content/add/")
    formsets = [each.formset for each in page.context["inline_admin_formsets"]]
    cut = [formset for formset in formsets if isinstance(formset, PartFormSet)]

    inlines = section.inlines if section else WHEN_ADDED
    assert len(cut) == len([inline for inline in inlines if issubclass(inline, PartOfTitle)]) > 0
    assert {formset.max_num for formset in cut} == {MOST_ROWS}
    posted = sum(MOST_ROWS * len(formset.empty_form.fields) for formset in cut)
    assert posted + 100 < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


@pytest.fixture
def two_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartOfTitle, "shown", 2)


def two_numbers(content: Content) -> None:
    for number in range(3):
        EpisodeFactory(content=content, number=number)
        SeasonFactory(content=content, number=number)


def places(content: Content) -> None:
    for number in range(3):
        EpisodeOrderFactory(episode=EpisodeFactory(content=content, number=number), number=number)


BEYOND: list[tuple[str, str, Any, dict[str, str], str]] = [
    (
        "episodes",
        "episodes",
        two_numbers,
        {"season_number": "1", "number": "2", "kind": "standard"},
        "“S01E02",
    ),
    ("episodes", "seasons", two_numbers, {"number": "2"}, "“Season 2”, on another page, has number 2."),
    (
        "episodes",
        "episodeorders",
        places,
        {"order": "dvd", "season_number": "1", "number": "2", "episode": "S01E02"},
        "on another page, has order DVD and season number 1 and number 2.",
    ),
    (
        "texts",
        "translations",
        lambda content: [TranslationFactory(content=content, language=tag) for tag in ("de", "fr", "pt")],
        {"language": "pt"},
        "on another page, has language pt.",
    ),
    (
        "registry",
        "external_ids",
        lambda content: [
            ExternalIdFactory(content=content, scheme="imdb", value=f"tt000000{n}") for n in (1, 2, 3)
        ],
        {"scheme": "imdb", "value": "TT0000003"},
        "on another page, has scheme imdb and value tt0000003.",
    ),
    (
        "rights",
        "windows",
        lambda content: [
            WindowFactory(content=content, territory=code, licence="svod") for code in ("AT", "CH", "DE")
        ],
        {"territory": "DE", "licence": "svod"},
        "This window overlaps another one: DE svod",
    ),
    (
        "media",
        "artwork",
        lambda content: [
            ArtworkFactory(content=content, kind=kind, is_primary=True)
            for kind in ("backdrop", "logo", "poster")
        ],
        {"kind": "poster", "url": "https://images.example/1.jpg", "is_primary": "on"},
        "There is another primary poster without text; only one can be.",
    ),
]


@pytest.mark.parametrize(
    ("section", "prefix", "fill", "typed", "told"), BEYOND, ids=lambda each: str(each)[:12]
)
def test_what_a_row_on_another_page_has_is_an_error_at_the_row_that_wants_it(
    editor: Client, two_a_page: None, section: str, prefix: str, fill: Any, typed: dict[str, str], told: str
) -> None:
    """Keeps away: a refusal by the service or the database, after which what was typed is lost."""
    content = ContentFactory(content_type="series")
    fill(content)

    response = save(editor, page_of(content, section), rows(prefix, typed, first=2))

    errors = row_errors(response, prefix)
    assert errors[:2] == [{}, {}]
    assert told in str(errors[2])


def test_a_credit_without_a_place_comes_after_those_of_all_pages(editor: Client, two_a_page: None) -> None:
    content = ContentFactory()
    for place in (3, 5, 8):
        CreditFactory(content=content, billing_order=place)

    typed = rows("credits", credit(PersonFactory(name="Last")), first=2)
    assert saved_or_errors(save(editor, page_of(content, "credits"), typed)) == "saved"

    assert Credit.objects.get(person__name="Last").billing_order == 9


def test_a_row_on_a_later_page_is_of_an_episode_on_any(editor: Client, two_a_page: None) -> None:
    content = ContentFactory(content_type="series")
    places(content)
    first = Episode.objects.get(number=0)

    typed = {"episodeorders-0-episode": "S01E00", "episodeorders-0-order": "story"}
    assert saved_or_errors(save(editor, run(content, "episodes", 2), typed)) == "saved"

    assert dict(EpisodeOrder.objects.filter(order="story").values_list("number", "episode")) == {2: first.pk}
    assert Episode.objects.count() == 3


@pytest.mark.parametrize("number", [0, 9, 10**30])
def test_a_page_beyond_the_last_has_no_rows(editor: Client, two_a_page: None, number: int) -> None:
    content = ContentFactory(content_type="series")
    two_numbers(content)
    answer = editor.get(f"{page_of(content, 'episodes')}{number}/")
    assert (answer.status_code, len(ids_on(values_of(answer), "episodes"))) == (200, 0 if number else 2)


def test_a_row_that_another_editor_deleted_meanwhile_is_an_error(editor: Client) -> None:
    """Keeps away: an exception for want of the row that the last form was of."""
    content = ContentFactory(content_type="series")
    two_numbers(content)
    values = values_of(editor.get(page_of(content, "episodes")))
    Episode.objects.get(number=2).delete()

    response = editor.post(page_of(content, "episodes"), values | {"episodes-0-title": "Mine"})

    assert row_errors(response, "episodes")[2]["id"]
    assert not Episode.objects.filter(title="Mine").exists()
