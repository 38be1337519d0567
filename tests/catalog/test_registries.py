"""Ids in other registries: one spelling each, and what is none of a registry's."""

import pytest

from catalog.registries import NoExternalId, Ref, canonical_ref


@pytest.mark.parametrize(
    ("scheme", "text", "value"),
    [
        ("imdb", "tt0111161", "tt0111161"),
        ("imdb", " TT12345678 ", "tt12345678"),
        ("tmdb", "278", "278"),
        ("tmdb", "000278", "278"),
        ("wikidata", "q172241", "Q172241"),
        # EIDR's own examples, in the spellings that are about: as a DOI, a link and a URN.
        ("eidr", "10.5240/7791-8534-2C23-9030-8610-5", "10.5240/7791-8534-2C23-9030-8610-5"),
        ("eidr", "10.5240/7791-8534-2c23-9030-8610-5", "10.5240/7791-8534-2C23-9030-8610-5"),
        ("eidr", "urn:eidr:10.5240:7791-8534-2C23-9030-8610-5", "10.5240/7791-8534-2C23-9030-8610-5"),
        ("eidr", "https://doi.org/10.5240/7791-8534-2C23-9030-8610-5", "10.5240/7791-8534-2C23-9030-8610-5"),
        # ISAN's own examples; the check characters are made where they are left out.
        ("isan", "0000-0000-D07A-0090-Q-0000-0000-X", "0000-0000-D07A-0090-Q-0000-0000-X"),
        ("isan", "ISAN 0000-0001-8947-0000-8-0000-0000-d", "0000-0001-8947-0000-8-0000-0000-D"),
        ("isan", "00000000D07A009000000000", "0000-0000-D07A-0090-Q-0000-0000-X"),
        ("isan", "0000-0000-D07A-0090", "0000-0000-D07A-0090-Q-0000-0000-X"),
        ("isan", "0000-0000-3A8D-0000-Z", "0000-0000-3A8D-0000-Z-0000-0000-6"),
        # What nobody here knows is taken as it is.
        ("house", "A/b c:D", "A/b c:D"),
    ],
)
def test_an_id_has_one_spelling(scheme: str, text: str, value: str) -> None:
    assert canonical_ref(scheme, text) == (scheme, value)
    assert canonical_ref(f" {scheme.upper()} ", value) == (scheme, value)


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        *(
            ("imdb", text)
            for text in ("0111161", "tt123", "nm0000151", "tt0111161x", "tt٠١١١١٦١", "tt" + "1" * 13)
        ),
        *(("tmdb", text) for text in ("", "-1", "1.5", "٣", "1" * 19)),
        *(
            ("eidr", text)
            for text in ("10.5240/7791-8534-2C23-9030-8610-6", "10.5239/7791-8534-2C23-9030-8610-5")
        ),
        *(("isan", text) for text in ("0000-0000-D07A-0090-A", "0000-0000-D07A-0090-Q-0000-0000-Y", "D07A")),
        *(("house", text) for text in ("", "  ", "a\x00b", "a\nb", "\ud800", "a" * 256)),
        *((scheme, "1") for scheme in ("", "a:b", "a/b", "a b", "é", "-a", "a" * 51, "\x00")),
    ],
)
def test_what_is_no_id_is_refused(scheme: str, text: str) -> None:
    with pytest.raises(NoExternalId):
        canonical_ref(scheme, text)


def test_every_single_mistyped_character_of_an_eidr_is_found() -> None:
    """What ISO 7064 promises of MOD 37,36: any one substitution, any two neighbours swapped."""
    digits = "779185342C2390308610"
    for place, right in enumerate(digits):
        for wrong in set("0123456789ABCDEF") - {right}:
            with pytest.raises(NoExternalId):
                canonical_ref("eidr", f"10.5240/{digits[:place]}{wrong}{digits[place + 1 :]}5")


def test_two_ids_never_share_a_key() -> None:
    """Keeps away that `a` and `b:c` are written as `a:b` and `c` are: a scheme has no colon."""
    assert str(Ref("a", "b:c")) == "a:b:c"
    with pytest.raises(NoExternalId):
        canonical_ref("a:b", "c")
