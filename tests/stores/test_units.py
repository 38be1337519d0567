import pytest

from streaming.stores.units import size


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
