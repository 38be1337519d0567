"""`{% term %}`: a genre, keyword or studio that leads to its titles."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("site/term.html")
def term(parameter: str, name: str, key: int) -> dict[str, Any]:
    """By its name, for whoever reads the address, but where that is of digits: those are taken for an id."""
    return {"parameter": parameter, "name": name, "asked": key if name.isdigit() else name}
