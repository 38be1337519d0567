from collections.abc import Callable
from uuid import UUID

import pytest

from catalog.milestones import milestones_ahead
from catalog.models import Content, Credit, Person
from catalog.search import shares
from catalog.search.searching import titles_found
from catalog.search.shares import Shares
from catalog.services import contents_touch
from catalog.visibility import Audience
from tests.factories import ContentFactory, PersonFactory

Titled = Callable[..., Content]


@pytest.fixture
def titled(stores: None) -> Titled:
    """Makes a public title with its document: `people` are names, anything else a column or `genres`."""

    def make(title: str, *, people: tuple[str, ...] = (), **columns: object) -> Content:
        content = ContentFactory(title=title, **{"summary": "", **columns})
        for name in people:
            person = Person.objects.filter(name=name).first() or PersonFactory(name=name)
            Credit.objects.create(content=content, person=person)
        contents_touch([content.content_id])
        return content

    return make


@pytest.fixture
def all_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shares of words are those of all titles, be they ever so few."""
    monkeypatch.setattr(shares, "SHARE", 1)
    monkeypatch.setattr(shares, "SAMPLED", 20_000)
    monkeypatch.setattr(shares, "FEWEST", 1)


def keep_statistics() -> None:
    """Has the cache keep what a search looks up there."""
    milestones_ahead("popularity")
    Shares()


def found(text: str, audience: Audience | None = None) -> list[tuple[str, str]]:
    """How each title was matched and its name, in order."""
    hits = titles_found(text=text, audience=audience or Audience.now())
    titles = dict(Content.objects.values_list("content_id", "title"))
    return [(hit.tier.name, titles[UUID(hit.content_id)]) for hit in hits]


def names(text: str) -> list[str]:
    return [title for _, title in found(text)]
