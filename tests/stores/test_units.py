import pytest

from streaming.stores.units import counted, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1536, "1.5 kB"),
        (-1536, "-1.5 kB"),
        (300 * 1024, "300 kB"),
        (52_428_800, "50 MB"),
        (2**40, "1.0 TB"),
        (2**53, "8,192 TB"),
    ],
)
def test_a_size_is_told_in_the_unit_that_fits(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (2, ("row",), "2 rows"),
        (1_204, ("row",), "1,204 rows"),
        (-1, ("change",), "-1 changes"),
        (1, ("person", "people"), "1 person"),
        (3, ("person", "people"), "3 people"),
    ],
)
def test_a_noun_goes_by_its_number(number: int, words: tuple[str, ...], text: str) -> None:
    assert counted(number, *words) == text
