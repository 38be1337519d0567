"""Which language a text is answered in: what is asked, where it is looked for, what is found."""

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from catalog.languages import (
    Chain,
    NotALanguage,
    chain_of,
    languages_accepted,
    languages_named,
    preferred,
    resolve,
    summaries_of,
    translated,
    with_own,
)
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory, TranslationFactory


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("de", ("de",)),
        ("pt-BR,pt,en", ("pt-BR", "pt", "en")),
        ("PT_br, EN ,pt-br", ("pt-BR", "en")),
        ("zh-hant-tw", ("zh-Hant-TW",)),
        ("es-419,sr-latn", ("es-419", "sr-Latn")),
        ("DE-ch-1901", ("de-CH-1901",)),
        ("de-ch-fonipa", ("de-CH-fonipa",)),
    ],
)
def test_languages_are_named_in_canonical_spelling_each_once(named: str, expected: Chain) -> None:
    assert languages_named(named) == expected


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("", "'' is no language tag"),
        ("de,", "'' is no language tag"),
        ("de,,en", "'' is no language tag"),
        ("deutsch-land", "'deutsch-land' is no language tag"),
        ("*", "'*' is no language tag"),
        ("de;q=0.5", "'de;q=0.5' is no language tag"),
        ("de\x00", "'de\\x00' is no language tag"),
        ("дe", "'дe' is no language tag"),
        ("d" * 5000, f"'{'d' * 40}' is no language tag"),
        (",".join(["de"] * 11), "Name at most 10 languages."),
    ],
)
def test_what_is_no_list_of_languages_is_refused_and_named(named: str, told: str) -> None:
    with pytest.raises(NotALanguage) as raised:
        languages_named(named)

    assert str(raised.value).startswith(told)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ()),
        ("*", ()),
        ("de", ("de",)),
        ("pt-BR, pt;q=0.9, en;q=0.8, *;q=0.1", ("pt-BR", "pt", "en")),
        ("en;q=0.5, de;q=0.7", ("de", "en")),
        ("en;q=0.5, fr;q=0.5", ("en", "fr")),
        ("en, de;q=0", ("en",)),
        ("en;Q=1.000, de; q=0.999", ("en", "de")),
        ("en;q=1.5, de;q=-1, fr;q=, it;q=nan, es;level=1, pt;q=0.1234, nl", ("nl",)),
        ("klingonese, x-private, i-default, de", ("de",)),
        (";;;,,,;q=1,=,de", ("de",)),
        ("\x00, '; DROP TABLE, дe, de", ("de",)),
        ("de," * 400, ("de",)),
        ("x" * 999 + ",de", ()),
        (
            ",".join(f"{a}{b}" for a in "abcd" for b in "abcd"),
            tuple(f"{a}{b}" for a in "abc" for b in "abcd")[:10],
        ),
    ],
)
def test_a_header_is_read_for_what_is_in_it_and_is_never_an_error(header: str, expected: Chain) -> None:
    assert languages_accepted(header) == expected


@pytest.mark.parametrize(
    ("languages", "chain"),
    [
        ((), ()),
        (("de",), ("de",)),
        (("pt-BR", "en"), ("pt-BR", "pt", "en")),
        (("pt-BR", "pt-PT", "en"), ("pt-BR", "pt", "pt-PT", "en")),
        (("zh-Hant-TW",), ("zh-Hant-TW", "zh-Hant", "zh")),
        (("en", "en-GB"), ("en", "en-GB")),
    ],
)
def test_a_language_is_followed_by_what_it_is_a_kind_of(languages: Chain, chain: Chain) -> None:
    assert chain_of(languages) == chain


OWN = {"title": "The City", "sort_title": "", "tagline": "No way out.", "summary": "A city."}
TEXTS: dict[str, dict[str, str]] = {
    "pt": {
        "title": "A Cidade",
        "sort_title": "Cidade, A",
        "tagline": "Sem saída.",
        "summary_190": "Uma cidade.",
    },
    "pt-BR": {"title": "", "sort_title": "", "tagline": "Sem volta.", "summary_190": ""},
    "de": {"title": "Die Stadt", "summary_400": "Eine Stadt, lang.", "summary_190": "Eine Stadt."},
    "en": {"title": "City", "sort_title": "", "tagline": "", "summary_4000": "A city, at length."},
}


@pytest.mark.parametrize(
    ("chain", "original", "expected"),
    [
        # Field by field: title, sort title, tagline, summary, each with its language.
        ((), "", [("The City", ""), ("The City", ""), ("No way out.", ""), ("A city.", "")]),
        ((), "en", [("The City", "en"), ("The City", "en"), ("No way out.", "en"), ("A city.", "en")]),
        (("fr",), "en", [("The City", "en"), ("The City", "en"), ("No way out.", "en"), ("A city.", "en")]),
        (
            ("pt-BR", "pt"),
            "en",
            [("A Cidade", "pt"), ("Cidade, A", "pt"), ("Sem volta.", "pt-BR"), ("Uma cidade.", "pt")],
        ),
        (("pt-BR",), "", [("The City", ""), ("The City", ""), ("Sem volta.", "pt-BR"), ("A city.", "")]),
        (
            ("de",),
            "en",
            [("Die Stadt", "de"), ("Die Stadt", "de"), ("No way out.", "en"), ("Eine Stadt, lang.", "de")],
        ),
        (
            ("de", "pt"),
            "en",
            [("Die Stadt", "de"), ("Die Stadt", "de"), ("Sem saída.", "pt"), ("Eine Stadt, lang.", "de")],
        ),
        # The title's own texts stand at the place of its original language.
        (
            ("en", "de"),
            "en",
            [("The City", "en"), ("The City", "en"), ("No way out.", "en"), ("A city.", "en")],
        ),
        # Where nobody knows what they are of, they come last.
        (
            ("en", "de"),
            "",
            [("City", "en"), ("City", "en"), ("No way out.", ""), ("A city, at length.", "en")],
        ),
    ],
)
def test_each_text_is_of_the_first_language_that_has_it(
    chain: Chain, original: str, expected: list[tuple[str, str]]
) -> None:
    texts = with_own(TEXTS, own=OWN, original=original)

    found = resolve(texts, chain, original)

    fields = ("title", "sort_title", "tagline", "summary")
    assert [(found.texts[field], found.languages[field]) for field in fields] == expected


def test_a_translation_into_the_original_language_fills_what_the_title_s_own_texts_lack() -> None:
    translations = {"en": {"title": "City", "tagline": "Nobody leaves.", "summary_190": "A city."}}
    own = {"title": "The City", "sort_title": "", "tagline": "", "summary": ""}

    found = resolve(with_own(translations, own=own, original="en"), ("de",), "en")

    assert found.texts == {
        "title": "The City",
        "sort_title": "The City",
        "tagline": "Nobody leaves.",
        "summary": "A city.",
    }
    assert set(found.languages.values()) == {"en"}


def test_a_text_that_no_language_has_is_empty() -> None:
    found = resolve(with_own({}, own={"title": "x"}, original=""), ("de",), "")

    assert (found.texts["tagline"], found.languages["tagline"]) == ("", "")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, ("", "", "")),
        ({"summary_190": "short"}, ("short", "short", "short")),
        ({"summary_190": "short", "summary_400": "longer"}, ("longer", "longer", "longer")),
        (
            {"summary_190": "s", "summary_400": "l" * 300, "summary_4000": "m" * 900},
            ("s", "l" * 300, "m" * 900),
        ),
        ({"summary_4000": "word " * 100}, ("word " * 36 + "word…", "word " * 78 + "word…", "word " * 100)),
        ({"summary": "x" * 5000}, ("x" * 189 + "…", "x" * 399 + "…", "x" * 3999 + "…")),
        ({"summary": "own " * 60, "summary_190": "short"}, ("short", "own " * 60, "own " * 60)),
    ],
)
def test_a_summary_of_each_length_is_the_longest_written_for_it_or_a_longer_one_cut(
    texts: dict[str, str], expected: tuple[str, str, str]
) -> None:
    found = summaries_of(texts)

    assert found == dict(zip(("190", "400", "4000"), expected, strict=True))
    assert all(len(text) <= int(most) for most, text in found.items())


PICTURES: list[dict[str, Any]] = [
    {"language": "fr", "is_primary": True, "url": "fr"},
    {"language": "en", "is_primary": False, "url": "en"},
    {"language": "", "is_primary": False, "url": "textless"},
    {"language": "", "is_primary": True, "url": "textless, primary"},
    {"language": "de", "is_primary": False, "url": "de"},
    {"language": "de", "is_primary": True, "url": "de, primary"},
    {"language": "ja", "is_primary": False, "url": "ja, first"},
    {"language": "ja", "is_primary": False, "url": "ja, second"},
]


@pytest.mark.parametrize(
    ("chain", "original", "without", "expected"),
    [
        (("de",), "en", "", "de, primary"),
        (("de-AT", "de"), "en", "", "de, primary"),
        (("ja",), "en", "", "ja, first"),
        (("pt",), "en", "", "textless, primary"),
        ((), "en", "", "textless, primary"),
        ((), "en", "textless", "en"),
        (("pt",), "ja", "textless", "ja, first"),
        (
            ("pt",),
            "",
            "textless",
            "de, primary",
        ),  # of all primaries the first by its tag, as in every database
        (("",), "", "", "textless, primary"),
    ],
)
def test_a_picture_is_of_the_chain_then_textless_then_original_then_any(
    chain: Chain, original: str, without: str, expected: str
) -> None:
    pictures = [each for each in PICTURES if not (without and each["url"].startswith(without))]

    found = preferred(pictures, chain=chain, original=original)

    assert found is not None
    assert found["url"] == expected


def test_there_is_no_picture_where_there_are_none() -> None:
    assert preferred([], chain=("de",), original="") is None


def test_a_page_of_any_size_is_translated_by_one_query_and_keeps_what_it_had(stores: None) -> None:
    contents = [ContentFactory(title=f"Title {n}", original_language="en") for n in range(20)]
    for content in contents[1:]:
        TranslationFactory(content=content, language="de", title=f"Titel {content.title[6:]}")
        TranslationFactory(content=content, language="fr", title="not asked for")
    rows = [
        {"content_id": content.content_id, "title": content.title, "original_language": "en", "place": 3}
        for content in contents
    ]

    for size in (1, 20):
        with CaptureQueriesContext(connections[CATALOG]) as queries:
            found = translated(rows[:size], ("de-AT", "de"))
        assert (len(queries), len(found)) == (1, size)

    assert found[0] == {**rows[0], "languages": {"title": "en"}}
    assert found[19] == {**rows[19], "title": "Titel 19", "languages": {"title": "de"}}


def test_without_languages_or_rows_nothing_is_asked(stores: None) -> None:
    with CaptureQueriesContext(connections[CATALOG]) as queries:
        assert translated([], ("de",)) == []
        own = {"content_id": ContentFactory.build().content_id, "title": "Own", "summary": "A city."}
        assert translated([own], ()) == [{**own, "languages": {"title": "", "summary": ""}}]
    assert len(queries) == 0
