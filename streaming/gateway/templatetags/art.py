"""`{% art %}`: a title's picture, or the one that is drawn for it."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("site/art.html")
def art(content_id: object, title: str, url: str) -> dict[str, Any]:
    """The drawn one lies beneath the picture, so that it shows while that loads and when it does not come.

    Its colour follows from the id and its letters from the title; `site.js` draws suggestions in the same way.
    """
    words = title.split()
    return {"hue": str(content_id)[0], "initials": "".join(word[0] for word in words[:2]).upper(), "url": url}
