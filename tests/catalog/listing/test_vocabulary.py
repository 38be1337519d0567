"""The words of a list: what each parameter means, and what is refused in which words."""

from decimal import Decimal
from uuid import UUID

import pytest

from catalog.listing import Choice, ListQuery, Range, Unreadable, list_query, parse

PERSON = "0f8fad5b-d9cb-469f-a165-70867728950e"


def test_a_query_string_is_read_whole() -> None:
    text = (
        f"genre=Drama,Sci-Fi %26 Fantasy&not_genre=9|Horror&type=movie|series&person={PERSON}&country=FR|DE"
        "&keyword=heist&studio=Beta&year=1990..1999&runtime=..120&rating_gte=7.50&available_in=DE&maturity_lte=12&sort=-year"
    )

    assert parse(text) == ListQuery(
        genre=Choice(("Drama", "Sci-Fi & Fantasy"), every=True),
        not_genre=Choice(("9", "Horror"), every=False),
        type=Choice(("movie", "series"), every=False),
        person=Choice((str(UUID(PERSON)),), every=True),
        country=Choice(("DE", "FR"), every=False),
        keyword=Choice(("heist",), every=True),
        studio=Choice(("Beta",), every=True),
        year=Range(1990, 1999),
        runtime=Range(None, 120),
        rating_gte=Decimal("7.5"),
        available_in="DE",
        maturity_lte=12,
        sort="-year",
    )


def test_nothing_asked_is_everything_by_popularity() -> None:
    assert parse("") == ListQuery() == ListQuery(sort="popularity")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1994", Range(1994, 1994)),
        ("1990..", Range(1990, None)),
        ("..1999", Range(None, 1999)),
        ("7..7", Range(7, 7)),
    ],
)
def test_a_range_may_be_open_or_one_number(text: str, wanted: Range) -> None:
    assert parse(f"year={text}").year == wanted


def test_the_same_question_in_another_order_is_the_same() -> None:
    asked = {
        parse(text).canonical()
        for text in (
            "genre=A|B&year=1990..",
            "year=1990..&genre=B|A",
            "sort=popularity&genre=B|A|B&year=1990..",
        )
    }
    others = {
        parse(text).canonical()
        for text in ("genre=A,B&year=1990..", "genre=A|B", "genre=A|B&year=1990..1990")
    }

    assert len(asked) == 1
    assert len(asked | others) == 4


REFUSED = {
    "genre": ("a,b|c", "", ",", "a,", "a||b", "|", "\x00", "a\nb", "x" * 256, ",".join("a" * 21)),
    "type": ("film", "movie,series", "Movie", "movie|", "{}"),
    "person": ("nope", "1", PERSON + "0", "' OR 1=1 --", f"{PERSON};{PERSON}"),
    "country": ("Germany", "de", "XX", "D", "DE;FR"),
    "year": (
        "",
        "..",
        "1999..1990",
        "-1",
        "0",
        "10000",
        "9" * 400,
        "1990...1999",
        "1e3",
        "NaN",
        "1990-1999",
        "١٩٩٠",
        "1990..x",
    ),
    "runtime": ("0", "..0", "1.5", "120..90", "10001", "99999999999", "inf"),
    "rating_gte": ("NaN", "-1", "10.1", "11", "1e1", "7,5", "Infinity", "7.123", "", "+7", "٧"),
    "available_in": ("Germany", "de", "", "XX", "DE,FR"),
    "maturity_lte": ("-1", "22", "twelve", "12.5", "NaN", ""),
    "sort": ("", "rating desc", "-popularity", "id", "title;DROP TABLE genres", "title,year"),
    "genre__name": ("Drama",),
    "limit": ("20",),
    "cursor": ("x",),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_what_is_no_value_is_refused_by_the_name_of_its_parameter(name: str, value: str) -> None:
    with pytest.raises(Unreadable) as refused:
        list_query({name: value})

    assert list(refused.value.errors) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "genre",
        "genre=Drama&",
        "genre=Drama&genre=Comedy",
        "genre=%FF",
        "genre=Action & Adventure",
        "x" * 2001,
        "&",
    ],
)
def test_what_is_no_query_string_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


def test_every_parameter_that_is_wrong_is_named() -> None:
    with pytest.raises(Unreadable) as refused:
        parse("year=2000..1990&sort=x&gender=f&type=movie")

    assert set(refused.value.errors) == {"year", "sort", "gender"}
    assert refused.value.errors["year"] == "The range ends before it begins; write 1990..2000."
