"""What must hold of the real listing: every title is found by its name, and by its name mistyped."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import NamedTuple
from uuid import UUID

import pytest
from pytest_django.plugin import DjangoDbBlocker

from catalog.models import Content, Credit
from catalog.samples import forget_samples
from catalog.search.folding import spelled
from catalog.search.ranking import Tier
from catalog.search.searching import titles_found
from catalog.search.suggesting import suggestions
from catalog.visibility import Audience
from streaming.stores import redis
from tests.catalog.importing.conftest import TITLES_FILE
from tests.catalog.importing.importing import import_titles
from tests.emptying import empty_catalog

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not TITLES_FILE.is_file(), reason=f"the real listing is not at TITLES_FILE ({TITLES_FILE})"
    ),
]
# Titles that are mistyped, of 7,429: three slips in each. All of them take four minutes.
SAMPLE = int(os.environ.get("MISTYPED_TITLES", "700"))
TITLES_WITH_LETTERS = 8
EXPECTED = {
    "stranger things": ["Stranger Things"],
    "straner things": ["Stranger Things"],
    "house of cards": ["House of Cards"],
    "la casa de papel": ["La casa de papel"],
    "casa papel": ["La casa de papel"],
    "spiderman into the spiderverse": ["Spider-Man: Into the Spider-Verse"],
    "spider verse": ["Spider-Man: Into the Spider-Verse"],
    "pulp ficton": ["Pulp Fiction"],
    "breakng bad": ["Breaking Bad"],
    "el camino breaking": ["El Camino: A Breaking Bad Movie"],
    "gilmore girls a year in the life": ["Gilmore Girls: A Year in the Life"],
    "the crown": ["The Crown"],
    "teh crown": ["The Crown"],
    "orange new black": ["Orange Is the New Black"],
    "black mirror bandersnatch": ["Black Mirror: Bandersnatch"],
    "rodney king spike lee": ["Rodney King"],
    "dick jonson is dead": ["Dick Johnson Is Dead"],
    "peaky blindres": ["Peaky Blinders"],
    "my octopus": ["My Octopus Teacher"],
    "13 reasons why": ["13 Reasons Why", "13 Reasons Why: Beyond the Reasons"],
    "fullmetal alchemist brotherhood": ["Fullmetal Alchemist: Brotherhood"],
    "story marriage": ["Marriage Story"],
}


class Listed(NamedTuple):
    content_id: UUID
    title: str


@pytest.fixture(scope="module")
def listed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Listed]]:
    """The listing, imported once for this module, whose tests only read."""
    with django_db_blocker.unblock():
        empty_catalog()
        redis.cache().flushdb()
        forget_samples()
        import_titles(TITLES_FILE)
        yield [
            Listed(*row) for row in Content.objects.order_by("content_id").values_list("content_id", "title")
        ]
        empty_catalog()
        redis.cache().flushdb()
        forget_samples()


@pytest.fixture
def same_named(listed: list[Listed]) -> dict[str, set[UUID]]:
    """By key; titles of one name share their place."""
    ids: defaultdict[str, set[UUID]] = defaultdict(set)
    for content_id, title in listed:
        ids[spelled(title)].add(content_id)
    return ids


def place(typed: str, meant: Listed, same: set[UUID]) -> int | None:
    """How many titles of other names stand before the one that was meant; None where it was not found."""
    others = 0
    for hit in titles_found(text=typed, audience=Audience.now()):
        content_id = UUID(hit.content_id)
        if content_id == meant.content_id:
            return others
        others += content_id not in same
    return None


def test_every_title_is_first_by_its_exact_name(
    listed: list[Listed], same_named: dict[str, set[UUID]]
) -> None:
    assert len(listed) == 8807
    failed = [each.title for each in listed if place(each.title, each, same_named[spelled(each.title)]) != 0]
    assert failed == []


def test_case_and_accents_make_no_difference_to_a_name(
    listed: list[Listed], same_named: dict[str, set[UUID]]
) -> None:
    """Upper case of every fifth title, and every title that has an accent without it."""
    bare = {each: without_accents(each.title) for each in listed}
    asked = [(each, each.title.upper()) for each in listed[::5]]
    asked += [(each, text) for each, text in bare.items() if text != each.title]
    failed = [text for each, text in asked if place(text, each, same_named[spelled(each.title)]) != 0]
    assert (failed, len(asked) > 1900) == ([], True)


def without_accents(text: str) -> str:
    """Signs of Thai that stand above letters are no accents."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")


def mistyped(title: str, rng: Random) -> list[str]:
    """With a letter dropped, with two neighbours swapped, with a letter doubled, each at a place drawn anew."""
    letters = [place for place, sign in enumerate(title) if sign.isalpha()]
    pairs = [
        place
        for place in letters
        if title[place + 1 : place + 2].isalpha() and title[place] != title[place + 1]
    ]
    dropped, swapped, doubled = rng.choice(letters), rng.choice(pairs), rng.choice(letters)
    return [
        title[:dropped] + title[dropped + 1 :],
        title[:swapped] + title[swapped + 1] + title[swapped] + title[swapped + 2 :],
        title[: doubled + 1] + title[doubled:],
    ]


def slips(listed: list[Listed], most: int) -> list[tuple[str, Listed]]:
    """What somebody typed, and the title that was meant."""
    rng = Random(2021)
    long_enough = [each for each in listed if sum(map(str.isalpha, each.title)) >= TITLES_WITH_LETTERS]
    return [(typed, each) for each in rng.sample(long_enough, most) for typed in mistyped(each.title, rng)]


def test_a_slip_in_a_name_still_finds_it(listed: list[Listed], same_named: dict[str, set[UUID]]) -> None:
    places = [place(typed, each, same_named[spelled(each.title)]) for typed, each in slips(listed, SAMPLE)]
    first = sum(found == 0 for found in places) / len(places)
    among_five = sum(found is not None and found < 5 for found in places) / len(places)
    assert (len(places), first >= 0.95, among_five >= 0.99) == (3 * SAMPLE, True, True), (first, among_five)


def test_a_slip_in_a_whole_name_is_suggested_first(
    listed: list[Listed], same_named: dict[str, set[UUID]]
) -> None:
    asked = slips(listed, SAMPLE // 3)
    first = 0
    for typed, each in asked:
        found = suggestions(text=typed, audience=Audience.now(), limit=5, chain=())
        first += bool(found) and found[0]["content_id"] in same_named[spelled(each.title)]
    assert first / len(asked) >= 0.99, first / len(asked)


def test_a_person_s_name_finds_their_titles(listed: list[Listed]) -> None:
    """Of 200 people drawn at random, every title of theirs."""
    names = sorted(set(Credit.objects.values_list("person__name", flat=True)))
    for name in Random(7).sample(names, 200):
        theirs = set(Credit.objects.filter(person__name=name).values_list("content_id", flat=True))
        hits = titles_found(text=name, audience=Audience.now())
        assert theirs <= {UUID(hit.content_id) for hit in hits if hit.tier <= Tier.PEOPLE}, name


@pytest.mark.parametrize("typed", EXPECTED)
def test_what_is_expected_is_found_first(listed: list[Listed], typed: str) -> None:
    titles = {each.content_id: each.title for each in listed}
    hits = titles_found(text=typed, audience=Audience.now())
    expected = EXPECTED[typed]
    assert [titles[UUID(hit.content_id)] for hit in hits[: len(expected)]] == expected
