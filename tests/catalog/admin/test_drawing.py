"""What stands in for Django's own drawing and checking of rows does the same. It rests on what Django does not promise
to keep (`_render`, `_post_clean` and what that calls): another version that does it otherwise fails here."""

from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms.renderers import DjangoTemplates
from django.test import Client
from django.test.html import parse_html

from catalog.admin.choosing import PartForm, PartFormSet
from catalog.admin.drawing import DRAWN, DrawnOnce, QuickRenderer
from catalog.admin.episodes import EpisodeForm
from catalog.admin.media import MarkerForm
from catalog.admin.rights import MaturityRatingForm, WindowForm
from catalog.admin.sections import SECTIONS, Section
from catalog.admin.texts import TranslationForm
from catalog.models import AlternativeTitle, Content, Episode, Translation
from tests.catalog.admin.pages import page_of
from tests.factories import (
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
    VideoFactory,
    WindowFactory,
)

NASTY = '\n“O\'Hara” & <b>"sons"</b>\r\n  {{ x }}'


def full() -> Content:
    """A title with a row in each table, of texts that must be escaped, and numbers and dates that are not there."""
    content: Content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1, title=NASTY, summary=NASTY)
    episode: Episode = EpisodeFactory(
        content=content, number=1, title=NASTY, summary=NASTY, air_date="2020-02-29"
    )
    EpisodeOrderFactory(episode=episode)
    CreditFactory(content=content, character_name=NASTY, person__name=NASTY)
    Translation.objects.create(content=content, language="de", title=NASTY, summary_4000=NASTY)
    AlternativeTitle.objects.create(content=content, title=NASTY)
    ArtworkFactory(content=content, is_primary=True, focal_x="0.5", focal_y=None)
    ArtworkFactory(content=content, is_primary=False, kind="logo")
    VideoFactory(content=content, title=NASTY)
    MarkerFactory(content=content, episode=episode)
    WindowFactory(content=content, territory="DE", starts_at="2020-01-01T00:00Z")
    MaturityRatingFactory(content=content, value=NASTY)
    ExternalIdFactory(content=content)
    CollectionItemFactory(content=content, collection__name=NASTY)
    return content


def as_django_draws(field: forms.BoundField) -> str:
    """By Django's templates and, where the links that an editor has stand beside the field, by its own wrapper."""
    quick, renderer, own = field.field.widget, field.form.renderer, DjangoTemplates()
    if isinstance(quick, DrawnOnce):
        field.field.widget = RelatedFieldWidgetWrapper(
            quick.widget, quick.rel, quick.admin_site, can_add_related=True, can_change_related=True
        )
    field.form.renderer = own
    try:
        return str(field) + field.form.error_class(["Wrong <b>"], renderer=own).render()
    finally:
        field.field.widget, field.form.renderer = quick, renderer


def as_drawn(field: forms.BoundField) -> str:
    return str(field) + field.form.error_class(["Wrong <b>"], renderer=field.form.renderer).render()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.slug)
def test_rows_are_drawn_as_django_draws_them(editor: Client, section: Section) -> None:
    response = editor.get(page_of(full(), section.slug))
    tables = [each.formset for each in response.context["inline_admin_formsets"]]
    cut = [table for table in tables if isinstance(table, PartFormSet)]
    fields = [field for table in cut for form in (*table.forms, table.empty_form) for field in form]

    assert {type(field.form.renderer) for field in fields} == {QuickRenderer}
    assert len(fields) > 8
    for field in fields:
        drawn, django = as_drawn(field), as_django_draws(field)
        assert parse_html(drawn) == parse_html(django), field.html_name
        if isinstance(field.field.widget, forms.Textarea):  # where blanks and line breaks count
            assert drawn.partition(">")[2] == django.partition(">")[2]
    assert {str(field.form.prefix).split("-")[0] for field in fields} == {table.prefix for table in cut}


def test_every_kind_of_input_is_drawn_somewhere(editor: Client) -> None:
    """Keeps away: a template that is drawn here and that no page has, so that nothing compares it."""
    content, met = full(), set[str]()
    for section in SECTIONS:
        for each in editor.get(page_of(content, section.slug)).context["inline_admin_formsets"]:
            for form in each.formset.forms:
                widgets = (field.field.widget for field in form)
                met |= {getattr(widget, "widget", widget).template_name for widget in widgets}
    assert set(DRAWN) <= met


@pytest.mark.parametrize("errors", [[], ["Wrong <b>", "Worse"]])
def test_errors_are_drawn_as_django_draws_them(errors: list[str]) -> None:
    drawn, django = (
        forms.utils.ErrorList(errors, renderer=renderer).render()
        for renderer in (QuickRenderer(), DjangoTemplates())
    )
    assert parse_html(drawn) == parse_html(django)


Typed = dict[str, str]
CHECKED: list[tuple[type[PartForm], Typed]] = [
    (
        EpisodeForm,
        {"season_number": "1", "number": "2", "kind": "standard", "title": "Pilot", "air_date": "2020-02-29"},
    ),
    (
        EpisodeForm,
        {
            "season_number": "-1",
            "number": "",
            "kind": "nothing",
            "air_date": "2020-02-30",
            "title": "x" * 600,
        },
    ),
    (WindowForm, {"territory": "DE", "licence": "svod", "starts_at": "2020-01-01T00:00"}),
    (WindowForm, {"territory": "Atlantis", "licence": "none", "starts_at": "yesterday"}),
    (MarkerForm, {"kind": "intro", "start_seconds": "1", "end_seconds": "x"}),
    (MaturityRatingForm, {"system": "", "country": "de", "value": "x" * 51, "descriptors": "a,,b"}),
    (TranslationForm, {"language": "xx-", "title": "\x00", "summary_190": "x" * 191}),
    (TranslationForm, {"language": "de", "title": " Die Nacht ", "summary_190": "Kurz."}),
]


@pytest.mark.parametrize(("ours", "typed"), CHECKED, ids=lambda each: getattr(each, "__name__", ""))
def test_a_row_is_checked_as_django_checks_it(stores: None, ours: type[PartForm], typed: Typed) -> None:
    checks: Callable[..., Any] = forms.ModelForm._post_clean  # type: ignore[attr-defined]
    django: Any = type("AsDjango", (ours,), {"_post_clean": checks})
    one, other = ours(typed), django(typed)

    assert (one.errors, one.is_valid()) == (other.errors, other.is_valid())
    names = [field.attname for field in one.instance._meta.concrete_fields if not field.primary_key]
    assert [getattr(one.instance, name) for name in names] == [
        getattr(other.instance, name) for name in names
    ]
    assert one.errors.as_data().keys() == other.errors.as_data().keys()


def test_some_rows_are_checked_to_be_right_and_some_to_be_wrong(stores: None) -> None:
    assert [ours(typed).is_valid() for ours, typed in CHECKED] == [
        True,
        False,
        True,
        False,
        False,
        False,
        False,
        True,
    ]
