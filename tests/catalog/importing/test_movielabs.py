"""How MovieLabs' schemas spell names, identifiers, dates and durations, and what is none of them."""

from datetime import date

import pytest

from catalog.importing.movielabs import alternative_ref, date_of, minutes_of, name_of, ref_of
from catalog.importing.records import Rejected
from catalog.importing.xml import Element

EIDR = "10.5240/1111-2222-3333-4444-5555-S"


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("{http://www.movielabs.com/schema/md/v2.9/md}Genre", "md:Genre"),
        ("{http://www.movielabs.com/schema/md/v2.7.1/md}Genre", "md:Genre"),
        ("{http://www.movielabs.com/schema/mdmec/v2.10}Basic", "mdmec:Basic"),
        ("{http://www.movielabs.com/schema/mdmec/v2.4/mdmec}Basic", "mdmec:Basic"),
        ("{https://www.movielabs.com/schema/avails/v2/avails}Avail", "avails:Avail"),
        ("{http://www.movielabs.com/schema/avails/v1.7/avails}Avail", None),
        ("{http://www.movielabs.com/schema/manifest/v2.0/manifest}Avail", None),
        ("{http://www.movielabs.com.evil.example/schema/md/v2.9/md}Genre", None),
        ("Genre", None),
    ],
)
def test_an_element_is_known_by_its_schema_whatever_the_minor_version(tag: str, name: str | None) -> None:
    assert name_of(tag) == (name or tag)


@pytest.mark.parametrize(
    "text",
    [
        EIDR,
        EIDR.lower(),
        "urn:eidr:10.5240:1111-2222-3333-4444-5555-S",
        "doi:10.5240/1111-2222-3333-4444-5555-S",
        "https://doi.org/10.5240/1111-2222-3333-4444-5555-S",
        "md:cid:eidr-s:1111-2222-3333-4444-5555-S",
        "md:alid:eidr-s:1111-2222-3333-4444-5555-S",
        "urn:dece:alid:eidr-s:1111-2222-3333-4444-5555-S",
        "md:cid:eidr:10.5240%2F1111-2222-3333-4444-5555-S",
    ],
)
def test_an_eidr_is_one_in_all_its_spellings(text: str) -> None:
    assert ref_of(text, scheme="cid") == ("eidr", EIDR)


@pytest.mark.parametrize(
    "text",
    [
        "30434",
        "md:cid:org:studio.example:42",
        "md:cid:eidr-x:1111-2222-3333-4444-5555-S:directors-cut",
        "md:cid:eidr-s:1111-2222-3333-4444-5555-T",  # another check character
    ],
)
def test_what_is_no_eidr_is_an_identifier_of_its_own_scheme(text: str) -> None:
    assert ref_of(text, scheme="cid") == ("cid", text)


@pytest.mark.parametrize(
    ("namespace", "identifier", "found"),
    [
        ("IMDB", "tt0111161", ("imdb", "tt0111161")),
        ("imdb.com", "https://www.imdb.com/title/tt0111161/", ("imdb", "tt0111161")),
        ("EIDR", "urn:eidr:10.5240:1111-2222-3333-4444-5555-S", ("eidr", EIDR)),
        ("org:studio.example", "AltID:42", ("org-studio-example", "AltID:42")),
    ],
)
def test_a_namespace_is_a_scheme(namespace: str, identifier: str, found: tuple[str, str]) -> None:
    said = [Element("md:Namespace", text=namespace), Element("md:Identifier", text=identifier)]

    assert alternative_ref(Element("md:AltIdentifier", children=said)) == found


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("", None),
        ("PT1H37M", 97),
        ("PT117M00.0S", 117),
        ("PT01H37M49S", 98),
        ("P0Y0M0DT1H30M", 90),
        ("P1DT1M", 1441),
        ("PT0S", None),
    ],
)
def test_run_lengths_are_whole_minutes(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("text", ["P", "PT", "1H37M", "P1Y", "-PT1H", "PT1H37", "PT١M"])
def test_what_is_no_length_is_told_so(text: str) -> None:
    with pytest.raises(Rejected, match="is no duration"):
        minutes_of(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("", None),
        ("2019", date(2019, 1, 1)),
        ("2019-05", date(2019, 5, 1)),
        ("2019-05-17", date(2019, 5, 17)),
        ("2019-05-17Z", date(2019, 5, 17)),
        ("2019-05-17T20:15:00+02:00", date(2019, 5, 17)),
    ],
)
def test_dates_may_be_less_than_a_day(text: str, day: date | None) -> None:
    assert date_of(text) == day
