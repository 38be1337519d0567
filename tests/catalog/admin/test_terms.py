"""The pages of genres, keywords and studios."""

from django.test import Client
from rest_framework.test import APIClient

from catalog.models import Genre
from tests.catalog.admin.pages import GENRES, record, save, saved_or_errors
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
