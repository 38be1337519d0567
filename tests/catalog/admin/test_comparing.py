"""What an editor reads before two titles, or two people, are merged."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client

from catalog.models import Person, Source
from tests.admin_pages import queries_of
from tests.catalog.admin.pages import PEOPLE, TITLES, page_of
from tests.factories import (
    AlternativeTitleFactory,
    ContentFactory,
    CreditFactory,
    EpisodeFactory,
    ExternalIdFactory,
    PersonFactory,
    ReviewFactory,
    SeasonFactory,
    TranslationFactory,
    WindowFactory,
    with_children,
)
from tests.outages import away


def test_titles_are_told_side_by_side(editor: Client) -> None:
    one = ContentFactory(
        title="Metropolis",
        original_title="Metropolis. Das Schicksal einer Menschheit",
        release_date="1927-01-10",
        duration_minutes=153,
        countries=["DE"],
        summary="A city of two halves.",
        rating=None,
        recent_views=1234,
    )
    CreditFactory(content=one, person__name="Fritz Lang", job="Director", billing_order=0)
    CreditFactory.create_batch(7, content=one, billing_order=1, person=PersonFactory(name="Brigitte Helm"))
    AlternativeTitleFactory(content=one, title="Metrópolis")
    TranslationFactory(content=one, title="Метрополис", language="ru")
    ExternalIdFactory(content=one, scheme="imdb", value="tt0017136")
    Source.objects.create(content=one, scheme="listing", value="s1", record={}, digest="")
    ReviewFactory(content_id=one.pk, rating=9)
    other = ContentFactory(
        title="Metropolis", content_type="series", status="draft", release_date=None, rating="7.0"
    )
    SeasonFactory(content=other, number=1)
    EpisodeFactory.create_batch(3, content=other)
    WindowFactory(content=other)

    facts = compared(editor, TITLES, one, other)

    assert facts == {
        "Title": ["Metropolis", "Metropolis"],
        "Original title": ["Metropolis. Das Schicksal einer Menschheit", "–"],
        "Also named": ["Metrópolis, Метрополис", "–"],
        "Type": ["Movie", "Series"],
        "Released": ["1927-01-10", "–"],
        "Minutes": ["153", "101"],
        "Countries": ["DE", "–"],
        "Summary": ["A city of two halves.", "Somebody does something."],
        "Credits": ["8, the first 6: Fritz Lang (Director)" + " Brigitte Helm (Actor)" * 5, "0"],
        "Seasons, episodes": ["0, 0", "1, 3"],
        "External ids": ["imdb:tt0017136", "–"],
        "Imported from": ["listing s1", "–"],
        "Status": ["Published", "Draft"],
        "Public now": ["yes", "no"],
        "Windows": ["none: no licence restricts it", "1"],
        "Rating": ["–", "7.0, 0 votes"],
        "Views in 30 days": ["1,234", "0"],
        "Added": [f"{each.created_at:%Y-%m-%d}" for each in (one, other)],
        "Reviews": ["1, mean 9.0", "0"],
        "Id": [str(one.pk), str(other.pk)],
    }


def test_people_are_told_side_by_side(editor: Client) -> None:
    one = PersonFactory(
        name="Brigitte Helm",
        date_of_birth="1906-03-17",
        date_of_death="1996-06-11",
        biography="Born in Berlin.",
    )
    other = PersonFactory(name="B. Helm", role="")
    both = ContentFactory(title="Metropolis", release_date="1927-01-10")
    CreditFactory(content=both, person=one, character_name="Maria", credited_as="Gitta")
    CreditFactory(content=both, person=other, character_name="", job="Thanks")
    CreditFactory(content__title="Gold", content__release_date="1934-03-29", person=one, character_name="")
    Person.objects.create(name="Brigitte Schittenhelm", merged_into=one)

    facts = compared(editor, PEOPLE, one, other)

    assert facts == {
        "Name": ["Brigitte Helm", "B. Helm"],
        "Best known for": ["Actor", "–"],
        "Born": ["1906-03-17", "–"],
        "Died": ["1996-06-11", "–"],
        "Biography": ["Born in Berlin.", "–"],
        "Credited as": ["Gitta", "–"],
        "Credits": ["2 Gold (1934): Actor Metropolis (1927): Actor as Maria", "1 Metropolis (1927): Thanks"],
        "Both are on": ["Metropolis", "Metropolis"],
        "Merged into them": ["Brigitte Schittenhelm", "–"],
        "Is merged itself": ["–", "–"],
        "Id": [str(one.pk), str(other.pk)],
    }


def test_what_differs_is_marked(editor: Client) -> None:
    one, other = (
        ContentFactory(title="Solaris", summary=""),
        ContentFactory(title="Solaris", release_date="2002-11-29"),
    )
    page = _Table()
    page.feed(editor.get(f"{TITLES}merge/?rows={one.pk},{other.pk}").content.decode())
    assert page.marked == ["Released"]


def test_what_will_happen_is_said_of_titles_and_of_people(editor: Client) -> None:
    titles = editor.get(f"{TITLES}merge/?rows={','.join(str(c.pk) for c in ContentFactory.create_batch(2))}")
    people = editor.get(f"{PEOPLE}merge/?rows={','.join(str(p.pk) for p in PersonFactory.create_batch(2))}")

    assert "reviews, views and plays stay with it" in titles.content.decode()
    assert "undone from the merged title's page" in titles.content.decode()
    assert "All credits of the other one become theirs" in people.content.decode()
    assert "reviews" not in people.content.decode()


def test_without_the_store_of_reviews_they_are_not_known(editor: Client) -> None:
    one, other = ContentFactory.create_batch(2)
    with away("reviews"):
        assert compared(editor, TITLES, one, other)["Reviews"] == ["not known now", "not known now"]


def test_titles_are_compared_in_the_same_queries_with_1_and_100_rows(editor: Client) -> None:
    small = [with_children(ContentFactory(), 1) for _ in range(2)]
    large = [with_children(ContentFactory(), 100) for _ in range(2)]
    assert [cost(editor, TITLES, *pair) for pair in (small, large)] == [10, 10]


def test_of_many_credits_it_is_said_how_many_are_listed(editor: Client) -> None:
    """Regression: "7, of which" stood above six."""
    one, other = PersonFactory.create_batch(2)
    for person, number in ((one, 7), (other, 6)):
        CreditFactory.create_batch(number, person=person, character_name="", content__title="Gold")
    title = CreditFactory.create_batch(7, content=ContentFactory())[0].content

    people, titles = compared(editor, PEOPLE, one, other), compared(editor, TITLES, title, ContentFactory())

    assert [text.partition(" Gold")[0] for text in people["Credits"]] == ["7, the newest 6:", "6"]
    assert [text.count("Gold") for text in people["Credits"]] == [6, 6]
    assert titles["Credits"][0].startswith("7, the first 6: ")


def test_people_are_compared_in_the_same_queries_with_1_and_100_credits(editor: Client) -> None:
    small, large = PersonFactory.create_batch(2), PersonFactory.create_batch(2)
    for person in (*small, *large):
        CreditFactory.create_batch(1 if person in small else 100, person=person, credited_as="Herself")
    assert [cost(editor, PEOPLE, *pair) for pair in (small, large)] == [9, 9]


def test_a_link_leads_to_each(editor: Client) -> None:
    one, other = ContentFactory.create_batch(2)
    page = editor.get(f"{TITLES}merge/?rows={one.pk},{other.pk}").content.decode()
    assert [f'<a href="{page_of(each)}">{each.title}</a>' in page for each in (one, other)] == [True, True]


def cost(editor: Client, address: str, one: Any, other: Any) -> int:
    return queries_of(lambda: editor.get(f"{address}merge/?rows={one.pk},{other.pk}"))


def compared(editor: Client, address: str, one: Any, other: Any) -> dict[str, list[str]]:
    """The table of the page before a merge: the name of a fact, and its text for each."""
    parser = _Table()
    parser.feed(editor.get(f"{address}merge/?rows={one.pk},{other.pk}").content.decode())
    return {name: [" ".join(cell.split()) for cell in cells] for name, *cells in parser.rows if name}


class _Table(HTMLParser):
    """`rows` of the table that compares, less the one to choose by; `marked` are the names of those that differ."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.marked: list[str] = []
        self._inside = self._differs = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "tbody":
            self._inside = True
        elif self._inside and tag == "tr":
            self.rows.append([])
            self._differs = ("class", "differ") in attributes
        elif self._inside and tag in ("th", "td"):
            self.rows[-1].append("")
        elif self._inside and tag in ("ul", "li"):
            self.rows[-1][-1] += " "
        elif tag == "input" and ("name", "survivor") in attributes:
            self.rows[-1][0] = ""

    def handle_data(self, data: str) -> None:
        if self._inside and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self._inside = False
        elif tag == "tr" and self._differs:
            self.marked.append(self.rows[-1][0])
            self._differs = False
