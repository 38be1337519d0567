"""The editors' pages against the real stores: what an editor saves is what the API serves next."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError
from django.test import Client
from rest_framework.test import APIClient

from catalog.models import Content, Credit, Genre, Person, Season, Source
from catalog.services import children_save
from tests.admin_pages import queries_of, staff_with, superuser, values_of
from tests.factories import (
    ContentFactory,
    CreditFactory,
    GenreFactory,
    PersonFactory,
    SeasonFactory,
    TrendingDailyFactory,
)

TITLES = "/admin/catalog/content/"
PEOPLE = "/admin/catalog/person/"
GENRES = "/admin/catalog/genre/"


@pytest.fixture
def editor(stores: None) -> Client:
    return superuser()


def change_page(content: Content) -> str:
    return f"{TITLES}{content.content_id}/change/"


def record(content: Content) -> str:
    return f"/api/v1/content/{content.content_id}"


def credit_row(index: int, person: Person, **fields: Any) -> dict[str, Any]:
    row = {
        "person": str(person.person_id),
        "job": "Actor",
        "character_name": "",
        "billing_order": "",
        **fields,
    }
    return {f"credits-{index}-{name}": value for name, value in row.items()}


def save(editor: Client, address: str, changes: dict[str, Any]) -> Any:
    """Opens the page, types `changes` into its form and saves."""
    return editor.post(address, values_of(editor.get(address)) | changes)


def saved_or_errors(response: Any) -> Any:
    return "saved" if response.status_code == 302 else response.context["errors"]


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
            "credits-TOTAL_FORMS": "2",
            **credit_row(0, helm, character_name="Maria"),
            **credit_row(1, lang, job="Director"),
            "seasons-TOTAL_FORMS": "1",
            "seasons-0-number": "1",
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

    response = save(editor, change_page(content), {"title": "Metropolis (restored)"})

    after = api.get(record(content), headers={"if-none-match": before["ETag"]})
    assert saved_or_errors(response) == "saved"
    assert (after.status_code, after.json()["title"]) == (200, "Metropolis (restored)")
    assert after["ETag"] != before["ETag"]
    assert after.json()["updated_at"] > before.json()["updated_at"]


def test_credits_are_changed_deleted_and_added_in_one_save(editor: Client, api: APIClient) -> None:
    content = ContentFactory()
    kept, gone = (
        CreditFactory(content=content, billing_order=order, character_name=name)
        for order, name in ((1, "Maria"), (2, "Rotwang"))
    )
    newcomer = PersonFactory(name="Gustav Fröhlich")
    assert [credit["character_name"] for credit in api.get(f"{record(content)}/cast").json()] == [
        "Maria",
        "Rotwang",
    ]

    response = save(
        editor,
        change_page(content),
        {
            "credits-TOTAL_FORMS": "3",
            "credits-0-character_name": "The robot",
            "credits-1-DELETE": "on",
            **credit_row(2, newcomer, character_name="Freder"),
        },
    )

    assert saved_or_errors(response) == "saved"
    cast = api.get(f"{record(content)}/cast").json()
    assert [(row["character_name"], row["billing_order"]) for row in cast] == [
        ("The robot", 1),
        ("Freder", 2),
    ]
    assert cast[0]["person_id"] == str(kept.person_id)
    assert not Credit.objects.filter(id=gone.id).exists()


def test_a_save_without_a_change_writes_nothing(editor: Client) -> None:
    content = ContentFactory(genres=["Drama"])
    CreditFactory(content=content)
    SeasonFactory(content=content)
    before = content_as_stored(content).updated_at

    response = save(editor, change_page(content), {})

    assert saved_or_errors(response) == "saved"
    assert content_as_stored(content).updated_at == before


def content_as_stored(content: Content) -> Content:
    return Content.objects.get(content_id=content.content_id)


def test_renaming_a_person_changes_the_cast_of_cached_titles(editor: Client, api: APIClient) -> None:
    credit = CreditFactory(person__name="Brigitte Schittenhelm")
    api.get(record(credit.content))

    response = save(editor, f"{PEOPLE}{credit.person_id}/change/", {"name": "Brigitte Helm"})

    assert saved_or_errors(response) == "saved"
    assert api.get(f"{record(credit.content)}/cast").json()[0]["person_name"] == "Brigitte Helm"


def test_renaming_and_deleting_a_genre_changes_cached_details(editor: Client, api: APIClient) -> None:
    content = ContentFactory(genres=["Dramma"])
    genre = Genre.objects.get()

    def genres() -> list[str]:
        return [genre["name"] for genre in api.get(f"{record(content)}/details").json()["genres"]]

    assert genres() == ["Dramma"]
    save(editor, f"{GENRES}{genre.genre_id}/change/", {"name": "Drama"})
    assert genres() == ["Drama"]
    page = editor.get(f"{GENRES}{genre.genre_id}/delete/")
    assert "Titles that lose it: 1" in " ".join(page.content.decode().split())
    assert editor.post(f"{GENRES}{genre.genre_id}/delete/", {"post": "yes"}).status_code == 302
    assert genres() == []


def test_publish_makes_titles_public_and_archive_makes_them_404(editor: Client, api: APIClient) -> None:
    draft = ContentFactory(status="draft", published_at=None)
    public = ContentFactory()
    assert (api.get(record(draft)).status_code, api.get(record(public)).status_code) == (404, 200)
    chosen = {"_selected_action": [str(draft.content_id), str(public.content_id)]}

    page = editor.post(TITLES, {"action": "publish", **chosen}, follow=True)

    assert "1 of 2 titles published. 1 had been published before." in page.content.decode()
    assert api.get(record(draft)).json()["published_at"] is not None
    assert content_as_stored(public).published_at == public.published_at

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


def test_a_credited_person_is_not_deleted_and_the_page_says_where(editor: Client) -> None:
    credit = CreditFactory(content__title="Metropolis", character_name="Maria")

    answers = [
        editor.post(f"{PEOPLE}{credit.person_id}/delete/", {"post": "yes"}),
        editor.post(
            PEOPLE, {"action": "delete_selected", "post": "yes", "_selected_action": [str(credit.person_id)]}
        ),
    ]

    for answer in answers:
        page = answer.content.decode()
        assert "would require deleting the following protected" in page
        assert f'<a href="{change_page(credit.content)}">Metropolis</a> (2019): Actor as Maria' in page
    assert Person.objects.filter(person_id=credit.person_id).exists()


def test_a_person_without_credits_is_deleted(editor: Client) -> None:
    person = PersonFactory()
    assert editor.post(f"{PEOPLE}{person.person_id}/delete/", {"post": "yes"}).status_code == 302
    assert not Person.objects.exists()


def test_a_persons_page_lists_their_credits_with_links(editor: Client) -> None:
    credit = CreditFactory(content__title="Metropolis", job="Director", character_name="")

    page = editor.get(f"{PEOPLE}{credit.person_id}/change/").content.decode()

    assert (
        f'1 credit.<ul><li><a href="{change_page(credit.content)}">Metropolis</a> (2019): Director</li></ul>'
        in page
    )


def test_who_saves_second_is_refused_and_overwrites_nothing(editor: Client) -> None:
    content = ContentFactory(title="Metropolis")
    opened_first = values_of(editor.get(change_page(content)))
    save(editor, change_page(content), {"title": "The first editor's"})

    response = editor.post(change_page(content), opened_first | {"title": "The second editor's"})

    assert "This title was saved by somebody else at" in saved_or_errors(response)[0][0]
    assert content_as_stored(content).title == "The first editor's"


def test_a_changed_credit_also_counts_as_an_edit_of_its_title(editor: Client) -> None:
    content = ContentFactory()
    CreditFactory(content=content)
    opened_first = values_of(editor.get(change_page(content)))
    save(editor, change_page(content), {"credits-0-character_name": "Maria"})

    response = editor.post(change_page(content), opened_first | {"credits-0-character_name": "The robot"})

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
    response = save(editor, change_page(content), changes)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person": "nobody"}, "person"),
        ({"person": str(uuid4())}, "person"),
        ({"person": "a\x00b"}, "person"),
        ({"person": ""}, "person"),
        ({"character_name": "a\x00b"}, "character_name"),
        ({"billing_order": "-1"}, "billing_order"),
        ({"billing_order": "9" * 20}, "billing_order"),
        ({"job": ""}, "job"),
        ({"id": str(uuid4())}, "id"),
    ],
)
def test_a_wrong_credit_is_an_error_at_its_field(editor: Client, changes: dict[str, Any], field: str) -> None:
    content = ContentFactory()
    CreditFactory(content=content)
    prefixed = {f"credits-0-{name}": value for name, value in changes.items()}

    response = save(editor, change_page(content), prefixed)

    assert response.status_code == 200
    formset = response.context["inline_admin_formsets"][0].formset
    assert [list(form.errors) for form in formset.forms] == [[field]]


def test_a_person_chosen_on_a_refused_form_is_still_named_there(editor: Client) -> None:
    person = PersonFactory(name="Brigitte Helm")
    response = save(
        editor, f"{TITLES}add/", {"title": "", "credits-TOTAL_FORMS": "1", **credit_row(0, person)}
    )
    assert (
        f'<option value="{person.person_id}" selected>Brigitte Helm (Actor)</option>'
        in response.content.decode()
    )


def test_a_credit_saved_under_another_title_is_refused(stores: None) -> None:
    """Django would insert it there with the id it has here."""
    credit, other = CreditFactory(), ContentFactory()
    credit.content = other
    with pytest.raises(DatabaseError, match="is not a row of title"):
        credit.save()
    with pytest.raises(ValueError, match="does not belong to title"):
        children_save(content=Content.objects.exclude(pk=other.pk).get(), saved=[credit], deleted=[])
    assert Credit.objects.filter(content=other).count() == 0


def test_a_season_twice_is_an_error(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    response = save(editor, change_page(content), {"seasons-TOTAL_FORMS": "2", "seasons-1-number": "1"})
    assert "Please correct the duplicate data for number." in saved_or_errors(response)
    assert Season.objects.count() == 1


def test_a_genre_of_a_taken_name_is_an_error(editor: Client) -> None:
    GenreFactory(name="Drama")
    response = save(editor, f"{GENRES}add/", {"name": "Drama"})
    assert saved_or_errors(response) == [["Genre with this Name already exists."]]


@pytest.mark.parametrize(
    "address",
    [
        f"{TITLES}?q=%00",
        f"{TITLES}?status__exact=%00",
        f"{TITLES}?released=%00",
        f"{TITLES}?released=soon",
        f"{TITLES}?genres__genre_id__exact=%00",
        f"{TITLES}?genres__genre_id__exact=99999999999999999999",
        f"{TITLES}?p=99999999999",
        f"{TITLES}?o=99.-99.x",
        f"{TITLES}?no_such_field=1",
        f"{TITLES}%00/change/",
        f"{TITLES}not-an-id/change/",
        f"{GENRES}99999999999999999999/change/",
        f"{PEOPLE}?q=%00",
        "/admin/autocomplete/?app_label=catalog&model_name=credit&field_name=person&term=%00",
    ],
)
def test_a_senseless_address_leads_to_a_page(editor: Client, address: str) -> None:
    assert editor.get(address, follow=True).status_code == 200


def test_search_finds_by_title_and_original_title(editor: Client) -> None:
    ContentFactory(title="Spirited Away", original_title="千と千尋の神隠し")
    ContentFactory(title="Metropolis")

    def found(query: str) -> list[str]:
        return [content.title for content in editor.get(TITLES, {"q": query}).context["cl"].result_list]

    assert found("spirit") == ["Spirited Away"]
    assert found("千尋") == ["Spirited Away"]
    assert found("nothing like it") == []


def test_filters_choose_by_status_kind_decade_and_genre(editor: Client) -> None:
    ContentFactory(title="Metropolis", release_date="1927-01-10", genres=["Silent"])
    ContentFactory(title="Dark", content_type="series", release_date="2017-12-01", status="draft")
    ContentFactory(title="Someday", release_date=None)

    def shown(**query: str) -> list[str]:
        return sorted(content.title for content in editor.get(TITLES, query).context["cl"].result_list)

    assert shown(status__exact="draft") == ["Dark"]
    assert shown(content_type__exact="movie") == ["Metropolis", "Someday"]
    assert shown(released="2010") == ["Dark"]
    assert shown(released="before") == ["Metropolis"]
    assert shown(released="unknown") == ["Someday"]
    assert shown(genres__genre_id__exact=str(Genre.objects.get().genre_id)) == ["Metropolis"]


def test_autocomplete_tells_people_of_one_name_apart(editor: Client) -> None:
    for role, born in (("Actor", "1906-03-17"), ("Director", None)):
        PersonFactory(name="Brigitte Helm", role=role, date_of_birth=born)
    PersonFactory(name="Fritz Lang")

    answer = editor.get(
        "/admin/autocomplete/",
        {"app_label": "catalog", "model_name": "credit", "field_name": "person", "term": "brigitte"},
    ).json()

    assert sorted(result["text"] for result in answer["results"]) == [
        "Brigitte Helm (Actor, born 1906)",
        "Brigitte Helm (Director)",
    ]


def test_an_import_record_is_shown_and_not_editable(editor: Client) -> None:
    content = ContentFactory()
    Source.objects.create(
        content=content, scheme="netflix", value="s1", record={"title": "<Dick Johnson>"}, digest="0" * 64
    )
    page = editor.get(change_page(content)).content.decode()
    assert "&quot;title&quot;: &quot;&lt;Dick Johnson&gt;&quot;" in page
    assert "sources-0-scheme" not in values_of(editor.get(change_page(content)))


def test_staff_with_the_rights_to_titles_may_edit_their_credits(stores: None) -> None:
    editor = staff_with("view_content", "change_content", "view_person")
    content = ContentFactory()
    CreditFactory(content=content)
    assert (
        saved_or_errors(save(editor, change_page(content), {"credits-0-character_name": "Maria"})) == "saved"
    )
    assert Credit.objects.get().character_name == "Maria"
    assert editor.get(f"{TITLES}{content.content_id}/delete/").status_code == 403


def test_staff_who_may_only_look_see_titles_without_a_form(stores: None) -> None:
    reader = staff_with("view_content")
    content = ContentFactory(title="Metropolis")
    CreditFactory(content=content, character_name="Maria")

    page = reader.get(change_page(content))

    assert (page.status_code, "Maria" in page.content.decode()) == (200, True)
    assert "title" not in values_of(page)
    assert reader.post(change_page(content), {"title": "Mine"}).status_code == 403
    reader.post(TITLES, {"action": "archive", "_selected_action": [str(content.content_id)]})
    assert content_as_stored(content).status == "published"


def test_viewers_and_strangers_get_the_login_page(stores: None) -> None:
    assert Client().get(TITLES).headers["Location"].startswith("/admin/login/")
    assert Client().get("/admin").headers["Location"] == "/admin/"


def test_the_list_of_titles_costs_the_same_with_1_and_50_rows(editor: Client) -> None:
    ContentFactory(genres=["Drama"])
    one = queries_of(lambda: editor.get(TITLES))
    ContentFactory.create_batch(49, genres=["Drama"])
    assert queries_of(lambda: editor.get(TITLES)) == one == 7


def test_a_titles_page_costs_the_same_with_1_and_100_credits(editor: Client) -> None:
    content = ContentFactory(genres=["Drama"])
    CreditFactory(content=content)
    one = queries_of(lambda: editor.get(change_page(content)))
    CreditFactory.create_batch(99, content=content)
    assert queries_of(lambda: editor.get(change_page(content))) == one == 8


def test_saving_one_change_costs_the_same_with_1_and_100_credits(editor: Client) -> None:
    def cost(content: Content) -> int:
        values = values_of(editor.get(change_page(content))) | {"credits-0-character_name": "Maria"}
        return queries_of(lambda: editor.post(change_page(content), values))

    small, large = ContentFactory(), ContentFactory()
    CreditFactory(content=small)
    CreditFactory.create_batch(100, content=large)
    assert cost(small) == cost(large)
    assert Credit.objects.filter(character_name="Maria").count() == 2


def test_a_persons_page_costs_the_same_with_1_and_50_credits(editor: Client) -> None:
    person = PersonFactory()
    address = f"{PEOPLE}{person.person_id}/change/"
    CreditFactory(person=person)
    one = queries_of(lambda: editor.get(address))
    CreditFactory.create_batch(49, person=person)
    assert queries_of(lambda: editor.get(address)) == one


def test_ids_of_new_credits_are_ours(editor: Client) -> None:
    """A hidden id on an added row must not choose the key of what is inserted."""
    content, person = ContentFactory(), PersonFactory()
    chosen = UUID(int=1)
    save(
        editor,
        change_page(content),
        {"credits-TOTAL_FORMS": "1", **credit_row(0, person), "credits-0-id": str(chosen)},
    )
    assert not Credit.objects.filter(id=chosen).exists()
