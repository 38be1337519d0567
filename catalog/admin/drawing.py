"""Plain inputs as HTML without a template each.

A table of five hundred credits has four thousand inputs, and Django draws each by two templates or three: that is most
of what the page costs. These write the same HTML themselves; whatever else there is goes to Django's templates.

Entry points: `QuickRenderer`, for formsets; `DrawnOnce`, for a choice with links beside it. Failure: none of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Widget = dict[str, Any]
ERRORS = "django/forms/errors/list/ul.html"
NAME, SLOT = "__name__", "__slot__"


class QuickRenderer(DjangoTemplates):
    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> SafeString:
        if template_name == ERRORS and not context["errors"]:
            return SafeString()
        draw = DRAWN.get(template_name)
        return draw(context["widget"]) if draw else mark_safe(super().render(template_name, context, request))  # noqa: S308  # a template's


def _input(widget: Widget) -> SafeString:
    value = "" if widget["value"] is None else format_html(' value="{}"', widget["value"])
    return format_html(
        '<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, flatatt(widget["attrs"])
    )


def _textarea(widget: Widget) -> SafeString:
    """With the line break that browsers drop at its start."""
    return format_html(
        '<textarea name="{}"{}>\n{}</textarea>',
        widget["name"],
        flatatt(widget["attrs"]),
        widget["value"] or "",
    )


def _select(widget: Widget) -> SafeString:
    options = (option for _, options, _ in widget["optgroups"] for option in options)
    drawn = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((option["value"], flatatt(option["attrs"]), option["label"]) for option in options),
    )
    return format_html('<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), drawn)


INPUTS = ("text", "number", "url", "hidden", "date", "datetime", "checkbox")
DRAWN: Mapping[str, Callable[[Widget], SafeString]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in INPUTS},
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
}


class DrawnOnce(RelatedFieldWidgetWrapper):
    """A choice and the links beside it, which are drawn once for all rows and then only named anew."""

    def __init__(self, wrapped: RelatedFieldWidgetWrapper) -> None:
        super().__init__(
            wrapped.widget,
            wrapped.rel,
            wrapped.admin_site,
            can_add_related=wrapped.can_add_related,
            can_change_related=wrapped.can_change_related,
        )
        self._drawn: list[str] = []  # shared by the copies that each row gets

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        if not self._drawn:
            context = {**super().get_context(NAME, None, {}), "rendered_widget": SLOT}
            self._drawn.append(self._render(self.template_name, context, renderer))  # type: ignore[attr-defined]
        around = self._drawn[0].replace(NAME, conditional_escape(name))
        choice = self.widget.render(name, value, attrs, renderer)
        return mark_safe(around.replace(SLOT, choice))  # noqa: S308  # both halves were escaped as they were drawn
