"""The pages of a title: what an editor saves is what the API serves next."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape
from rest_framework.test import APIClient

from catalog.models import Content, Credit, Source
from tests.admin_pages import values_of
from tests.catalog.admin.pages import TITLES, as_stored, credit, page_of, record, rows, save, saved_or_errors
from tests.factories import (
    ContentFactory,
    CreditFactory,
    GenreFactory,
    PersonFactory,
    SeasonFactory,
    TrendingDailyFactory,
    WindowFactory,
    indexed,
)


def test_a_title_added_with_credits_genres_and_seasons_is_at_once_in_the_api(
    editor: Client, api: APIClient
) -> None:
    drama, silent = GenreFactory(name="Drama"), GenreFactory(name="Silent")
    helm, lang = PersonFactory(name="Brigitte Helm"), PersonFactory(name="Fritz Lang")
    response = save(
        editor,
        f"{TITLES}add/",
        {
            "title": "Metropolis",
            "content_type": "series",
            "status": "published",
            "rating": "8.3",
            "release_date": "1927-01-10",
            "genres": [drama.genre_id, silent.genre_id],
            **rows("credits", credit(helm, character_name="Maria"), credit(lang, job="Director")),
            **rows("seasons", {"number": "1"}),
        },
    )
    assert saved_or_errors(response) == "saved"
    content = Content.objects.get()

    details = api.get(f"{record(content)}/details").json()

    assert details["metadata"]["title"] == "Metropolis"
    assert details["metadata"]["rating"] == 8.3
    assert details["metadata"]["season_count"] == 1
    assert details["metadata"]["published_at"] is not None
    assert [genre["name"] for genre in details["genres"]] == ["Drama", "Silent"]
    assert [
        (c["person_name"], c["role"], c["character_name"], c["billing_order"]) for c in details["cast"]
    ] == [
        ("Brigitte Helm", "Actor", "Maria", 1),
        ("Fritz Lang", "Director", "", 2),
    ]


def test_an_edit_changes_the_cached_answer_and_its_etag_at_once(editor: Client, api: APIClient) -> None:
    content = ContentFactory(title="Metropolis")
    before = api.get(record(content))
    assert api.get(record(content), headers={"if-none-match": before["ETag"]}).status_code == 304

    response = save(editor, page_of(content), {"title": "Metropolis (restored)"})

    after = api.get(record(content), headers={"if-none-match": before["ETag"]})
    assert saved_or_errors(response) == "saved"
    assert (after.status_code, after.json()["title"]) == (200, "Metropolis (restored)")
    assert after["ETag"] != before["ETag"]
    assert after.json()["updated_at"] > before.json()["updated_at"]


def test_a_save_without_a_change_writes_nothing(editor: Client) -> None:
    content = ContentFactory(genres=["Drama"])
    CreditFactory(content=content)
    SeasonFactory(content=content)
    before = as_stored(content).updated_at

    response = save(editor, page_of(content), {})

    assert saved_or_errors(response) == "saved"
    assert as_stored(content).updated_at == before


def test_publish_makes_titles_public_and_archive_makes_them_404(editor: Client, api: APIClient) -> None:
    draft = ContentFactory(status="draft", published_at=None)
    public = ContentFactory()
    assert (api.get(record(draft)).status_code, api.get(record(public)).status_code) == (404, 200)
    chosen = {"_selected_action": [str(draft.content_id), str(public.content_id)]}

    page = editor.post(TITLES, {"action": "publish", **chosen}, follow=True)

    assert "1 of 2 titles published. 1 had been published before." in page.content.decode()
    assert api.get(record(draft)).json()["published_at"] is not None
    assert as_stored(public).published_at == public.published_at

    editor.post(TITLES, {"action": "archive", **chosen})

    assert (api.get(record(draft)).status_code, api.get(record(public)).status_code) == (404, 404)


def test_a_deleted_title_is_404_and_its_rows_are_gone(editor: Client, api: APIClient) -> None:
    day = TrendingDailyFactory(content__genres=["Drama"])
    content = day.content
    CreditFactory(content=content)
    assert api.get(record(content)).status_code == 200

    page = editor.get(f"{TITLES}{content.content_id}/delete/")
    assert f"{content.title}, with its credits, seasons, sources and daily views" in page.content.decode()
    response = editor.post(f"{TITLES}{content.content_id}/delete/", {"post": "yes"})

    assert response.status_code == 302
    assert api.get(record(content)).status_code == 404
    assert (Content.objects.count(), Credit.objects.count()) == (0, 0)


def test_selected_titles_are_deleted_together(editor: Client, api: APIClient) -> None:
    contents = ContentFactory.create_batch(2)
    chosen = {"_selected_action": [str(content.content_id) for content in contents]}
    assert api.get(record(contents[0])).status_code == 200

    editor.post(TITLES, {"action": "delete_selected", "post": "yes", **chosen})

    assert [api.get(record(content)).status_code for content in contents] == [404, 404]


def test_who_saves_second_is_refused_and_overwrites_nothing(editor: Client) -> None:
    content = ContentFactory(title="Metropolis")
    opened_first = values_of(editor.get(page_of(content)))
    save(editor, page_of(content), {"title": "The first editor's"})

    response = editor.post(page_of(content), opened_first | {"title": "The second editor's"})

    assert "This title was saved by somebody else at" in saved_or_errors(response)[0][0]
    assert as_stored(content).title == "The first editor's"


def test_a_changed_credit_also_counts_as_an_edit_of_its_title(editor: Client) -> None:
    content = ContentFactory()
    CreditFactory(content=content)
    opened_first = values_of(editor.get(page_of(content)))
    save(editor, page_of(content, "credits"), {"credits-0-character_name": "Maria"})

    response = editor.post(
        page_of(content, "credits"), opened_first | {"credits-0-character_name": "The robot"}
    )

    assert response.status_code == 200
    assert Credit.objects.get().character_name == "Maria"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"summary": "a\x00b"}, "summary"),
        ({"title": "x" * 501}, "title"),
        ({"rating": "10.1"}, "rating"),
        ({"rating": "7.55"}, "rating"),
        ({"rating": "NaN"}, "rating"),
        ({"content_type": "opera"}, "content_type"),
        ({"status": "secret"}, "status"),
        ({"duration_minutes": "99999999999999999999"}, "duration_minutes"),
        ({"release_date": "31.02.2020"}, "release_date"),
        ({"thumbnail_url": "javascript:alert(1)"}, "thumbnail_url"),
        ({"genres": ["99999999999999999999"]}, "genres"),
        ({"published_at_0": "soon", "published_at_1": ""}, "published_at"),
    ],
)
def test_a_wrong_value_is_an_error_at_its_field(editor: Client, changes: dict[str, Any], field: str) -> None:
    content = ContentFactory()
    response = save(editor, page_of(content), changes)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]


def test_an_import_record_is_shown_and_not_editable(editor: Client) -> None:
    content = ContentFactory()
    Source.objects.create(
        content=content, scheme="netflix", value="s1", record={"title": "<Dick Johnson>"}, digest="0" * 64
    )
    page = editor.get(page_of(content, "registry")).content.decode()
    assert "&quot;title&quot;: &quot;&lt;Dick Johnson&gt;&quot;" in page
    assert "sources-0-scheme" not in values_of(editor.get(page_of(content)))


def test_a_titles_page_says_who_can_see_it_and_why(editor: Client) -> None:
    content = ContentFactory()
    WindowFactory(content=content, territory="DE", ends_at="2999-01-01T00:00Z")
    indexed(content)

    def panel(**asked: str) -> str:
        page = editor.get(page_of(content, "rights"), asked).content.decode()
        shown = page[page.index('id="visibility"') : page.index("</details>", page.index('id="visibility"'))]
        return " ".join(re.sub("<[^>]*>", " ", shown).split())

    assert "Visibility: public somewhere; changes by itself 2999-01-01 00:00 UTC" in panel()
    assert "Visibility: public in DE" in panel(territory="de")
    assert "It has windows, but none for FR." in panel(territory="FR")
    assert "Visibility: hidden everywhere, up to 12 years" in panel(limit="12")
    assert "Visibility: public in DE, at 2998-12-31 23:59 UTC; changes" in panel(
        territory="Germany", at="2998-12-31T23:59"
    )
    assert "Visibility: hidden in DE, at 2999-01-01 00:00 UTC" in panel(
        territory="DE", at="2999-01-01T01:00+01:00"
    )
    assert "No window is open in DE; the last one ended 2999-01-01 00:00:00 UTC." in panel(
        territory="DE", at="2999-06-01"
    )
    assert 'id="visibility"' in editor.get(page_of(content)).content.decode()
    assert 'id="visibility"' not in editor.get(page_of(content, "credits")).content.decode()


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("at", "tomorrow", "This is no moment as in 2027-01-31 20:15, which is UTC."),
        ("at", "2027-02-30T10:00", "This is no moment as in 2027-01-31 20:15, which is UTC."),
        ("at", "0001-01-01T00:00+14:00", "Ask of a moment from 1900 to 2999."),
        ("at", "9999-12-31T23:59-12:00", "Ask of a moment from 1900 to 2999."),
        ("territory", "nowhere", "This is no territory: ISO 3166 codes of two capital letters, or WW"),
        ("limit", "-1", "Ensure this value is greater than or equal to 0."),
        ("limit", "22", "Ensure this value is less than or equal to 21."),
        ("limit", "twelve", "This is no whole number of years."),
    ],
)
def test_what_cannot_be_asked_of_visibility_is_told_and_not_answered(
    editor: Client, name: str, typed: str, told: str
) -> None:
    page = editor.get(page_of(ContentFactory(), "rights"), {name: typed}).content.decode()
    panel = page[page.index('id="visibility"') : page.index("</details>")]
    assert "this cannot be asked" in panel
    assert told in panel
    assert f'value="{escape(typed)}"' in panel
    assert "<table>" not in panel
