"""Who may do what."""

from django.test import Client

from catalog.models import Credit
from tests.admin_pages import staff_with, values_of
from tests.catalog.admin.pages import TITLES, as_stored, page_of, save, saved_or_errors
from tests.factories import ContentFactory, CreditFactory


def test_staff_with_the_rights_to_titles_may_edit_their_credits(stores: None) -> None:
    editor = staff_with("view_content", "change_content", "view_person")
    content = ContentFactory()
    CreditFactory(content=content)
    assert (
        saved_or_errors(save(editor, page_of(content, "credits"), {"credits-0-character_name": "Maria"}))
        == "saved"
    )
    assert Credit.objects.get().character_name == "Maria"
    assert editor.get(f"{TITLES}{content.content_id}/delete/").status_code == 403


def test_staff_who_may_only_look_see_titles_without_a_form(stores: None) -> None:
    reader = staff_with("view_content")
    content = ContentFactory(title="Metropolis")
    CreditFactory(content=content, character_name="Maria")

    for section, shown in (("change", "Metropolis"), ("credits", "Maria")):
        page = reader.get(page_of(content, section))
        assert (page.status_code, shown in page.content.decode()) == (200, True)
        assert values_of(page).keys().isdisjoint({"title", "credits-0-character_name", "_save"})
    assert reader.post(page_of(content), {"title": "Mine"}).status_code == 403
    reader.post(TITLES, {"action": "archive", "_selected_action": [str(content.content_id)]})
    assert as_stored(content).status == "published"


def test_viewers_and_strangers_get_the_login_page(stores: None) -> None:
    assert Client().get(TITLES).headers["Location"].startswith("/admin/login/")
    assert Client().get("/admin").headers["Location"] == "/admin/"
