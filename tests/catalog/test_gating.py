"""What windows and ratings come to does not depend on who has them, nor on their order."""

from datetime import UTC, datetime
from itertools import permutations

from catalog.gating import gate_from
from catalog.visibility import EVER_SINCE, FOR_EVER

OPENED, ENDED = datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 3, tzinfo=UTC)
DAY = 24 * 3600 * 1_000_000  # microseconds


def test_a_title_without_windows_is_restricted_by_none() -> None:
    assert gate_from() == {"availability": None, "maturity": []}


def test_windows_are_spans_in_order_of_territory_and_start() -> None:
    windows = [("WW", None, OPENED), ("DE", ENDED, None), ("DE", OPENED, ENDED)]

    for rows in permutations(windows):
        assert gate_from(windows=rows)["availability"] == [
            ["DE", DAY, 2 * DAY],
            ["DE", 2 * DAY, FOR_EVER],
            ["WW", EVER_SINCE, DAY],
        ]


def test_ratings_are_labels_each_once_whatever_country_said_so() -> None:
    for rows in permutations([("MPA", "R"), ("fsk", "16"), ("FSK", " 16 "), ("BBFC", "ü")]):
        assert gate_from(ratings=rows)["maturity"] == ["BBFC:Ü", "FSK:16", "MPA:R"]
