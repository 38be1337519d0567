"""The pages of genres, keywords and studios."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from catalog.models import Genre, SearchDocument
from tests.catalog.admin.pages import GENRES, page_of, record, save, saved_or_errors
from tests.factories import ContentFactory, GenreFactory


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


def test_a_genre_of_a_taken_name_is_an_error(editor: Client) -> None:
    GenreFactory(name="Drama")
    response = save(editor, f"{GENRES}add/", {"name": "Drama"})
    assert saved_or_errors(response) == [["Genre with this Name already exists."]]


@pytest.mark.parametrize(("model", "linked"), [("keyword", "keywords"), ("studio", "studios")])
def test_keywords_and_studios_are_kept_and_chosen_by_part_of_their_names(
    editor: Client, model: str, linked: str
) -> None:
    address = f"/admin/catalog/{model}/"
    assert saved_or_errors(save(editor, f"{address}add/", {"name": "Babelsberg"})) == "saved"
    query = {"app_label": "catalog", "model_name": "content", "field_name": linked, "term": "BELS"}
    (found,) = editor.get("/admin/autocomplete/", query).json()["results"]
    content = ContentFactory()

    response = save(editor, page_of(content), {linked: [found["id"]]})

    assert saved_or_errors(response) == "saved"
    (term,) = getattr(content, linked).all()
    assert term.name == "Babelsberg"
    assert list(getattr(SearchDocument.objects.get(), f"{model}_ids")) == [term.pk]
    save(editor, f"{address}{term.pk}/change/", {"name": "Studio Babelsberg"})
    assert SearchDocument.objects.get().is_stale
    assert editor.post(f"{address}{term.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not getattr(content, linked).exists()
