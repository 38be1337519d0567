"""`manage.py report unmapped-maturity`: what it prints, and how it ends when it cannot."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.factories import ContentFactory, MaturityRatingFactory, indexed
from tests.outages import away


@pytest.fixture
def hidden(stores: None) -> None:
    titles = ContentFactory.create_batch(4)
    for title in titles[:2]:
        MaturityRatingFactory(content=title, system="MPA", value="NR", country="US")
    MaturityRatingFactory(content=titles[2], system="MPA", value="=1+1", country="US")
    indexed(*titles)


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("report", "unmapped-maturity", *arguments, stdout=out)
    return out.getvalue()


def test_it_names_each_value_and_how_many_titles_it_hides(hidden: None) -> None:
    assert printed().splitlines() == [
        "Ratings that no level maps, and the public titles they hide from every request with a maturity limit",
        "",
        "system  value     titles",
        "MPA     NR             2",
        "MPA     =1+1           1",
        "",
        "Public titles without any rating, which hides them likewise: 1.",
        "A level added in the admin under `Maturity levels` counts at once.",
    ]


def test_it_says_that_nothing_is_unmapped(stores: None) -> None:
    assert printed().splitlines()[2:] == [
        "Every rating is mapped.",
        "",
        "Public titles without any rating, which hides them likewise: 0.",
    ]


def test_it_prints_csv_and_json(hidden: None) -> None:
    assert printed("--csv") == "system,value,titles\r\nMPA,NR,2\r\nMPA,'=1+1,1\r\n"
    assert json.loads(printed("--json")) == {
        "values": [
            {"system": "MPA", "value": "NR", "titles": 2},
            {"system": "MPA", "value": "=1+1", "titles": 1},
        ],
        "unrated_titles": 1,
    }


def test_it_takes_no_days(stores: None) -> None:
    with pytest.raises(CommandError, match="unrecognized arguments: --from"):
        printed("--from", "2020-01-01")


def test_it_says_that_the_catalog_is_away(stores: None) -> None:
    with away("catalog"), pytest.raises(CommandError) as refused:
        printed()
    assert str(refused.value) == "The catalog does not answer: Connection refused."
