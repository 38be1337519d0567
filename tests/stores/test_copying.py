"""COPY: what goes in comes out, character for character, or nothing goes in at all."""

import re
import uuid
from collections.abc import Iterator
from datetime import date
from weakref import WeakSet

import pytest
from django.db import DataError, IntegrityError, InternalError, connections, transaction

from catalog.models import Person
from streaming.stores.copying import LINES_AT_ONCE, array_text, copy_lines, copy_rows, line_of
from tests.environment import DISTRIBUTED

COLUMNS = ("person_id", "name", "biography", "date_of_birth")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a\tb",
        "a\nb",
        "a\r\nb\r",
        "\\",
        "ends in \\",
        "\\\\",
        "\\N",
        "\\.",
        "\\.\n",
        "\n\\.\n",
        "\\t is not a tab",
        "\\x41",
        "\x01\b\f\v\x7f",
        "Ünïcödé — 東京 🎬 עברית",
        "e\u0301 \u00e9 \u2028 \ufeff",
        "'quoted' \"twice\", {curly}",
    ],
)
def test_a_text_comes_back_as_it_went_in(stores: None, text: str) -> None:
    person_id = uuid.uuid4()

    assert copy_rows("catalog", "cast_crew", COLUMNS, [(person_id, "Ada", text, date(1815, 12, 10))]) == 1

    row = Person.objects.values_list(*COLUMNS).get()
    assert row == (person_id, "Ada", text, date(1815, 12, 10))


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["", ""],
        ["a", "b c", "NULL"],
        ['"', "a"],
        ["\\", "\\N", "a\tb"],
        ["{a,b}", ",", "'", "東京"],
    ],
)
def test_an_array_comes_back_as_it_went_in(stores: None, texts: list[str]) -> None:
    with connections["catalog"].cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [array_text(texts)])

        assert cursor.fetchone() == (texts,)


def test_none_is_null_and_nothing_else_is(stores: None) -> None:
    rows = [(uuid.uuid4(), name, "", born) for name, born in (("\\N", None), ("None", date(1900, 1, 1)))]

    copy_rows("catalog", "cast_crew", COLUMNS, rows)

    assert set(Person.objects.values_list("name", "date_of_birth")) == {
        ("\\N", None),
        ("None", date(1900, 1, 1)),
    }


@pytest.mark.parametrize("rows", [0, 1, LINES_AT_ONCE - 1, LINES_AT_ONCE, LINES_AT_ONCE + 1])
def test_the_count_is_of_the_rows_that_are_there(stores: None, rows: int) -> None:
    copied = copy_rows("catalog", "cast_crew", COLUMNS, (row_of(f"Person {n}") for n in range(rows)))

    assert copied == rows == Person.objects.count()


def test_rows_longer_than_a_read_arrive_whole(stores: None) -> None:
    long = "東" * 400_000

    copy_rows("catalog", "cast_crew", COLUMNS, [(uuid.uuid4(), "Ada", long, None)])

    assert Person.objects.get().biography == long


def test_rows_stream_through(stores: None) -> None:
    """However many there are, a few thousand of them stand in memory at once."""
    alive: WeakSet[Text] = WeakSet()
    most = 0

    def rows() -> Iterator[tuple[object, ...]]:
        nonlocal most
        for n in range(10 * LINES_AT_ONCE):
            name = Text(f"Person {n}")
            alive.add(name)
            most = max(most, len(alive))
            yield (uuid.uuid4(), name, "", None)

    assert copy_rows("catalog", "cast_crew", COLUMNS, rows()) == 10 * LINES_AT_ONCE

    assert most <= LINES_AT_ONCE


def test_a_row_that_does_not_fit_leaves_nothing(stores: None) -> None:
    rows = [row_of("Ada"), row_of("Grace"), (uuid.uuid4(), "x" * 256, "", None)]

    with pytest.raises(DataError, match=re.escape("character varying(255)")):
        copy_rows("catalog", "cast_crew", COLUMNS, rows)

    assert Person.objects.count() == 0


def test_a_row_that_is_there_already_leaves_nothing(stores: None) -> None:
    """On Citus a worker refuses it, and COPY hands on the words of a worker without its SQLSTATE."""
    row = row_of("Ada")
    refusal = InternalError if DISTRIBUTED else IntegrityError

    with pytest.raises(refusal, match="cast_crew_pkey"):
        copy_rows("catalog", "cast_crew", COLUMNS, [row_of("Grace"), row, row])

    assert Person.objects.count() == 0


def test_a_source_that_fails_leaves_nothing_and_keeps_its_own_error(stores: None) -> None:
    """The server hears of it as a failed COPY; as that, a bug in the rows would pass for an outage."""

    def rows() -> Iterator[tuple[object, ...]]:
        yield row_of("Ada")
        raise LookupError("no second row")

    with pytest.raises(LookupError, match="no second row"):
        copy_rows("catalog", "cast_crew", COLUMNS, rows())

    assert Person.objects.count() == 0


def test_a_stop_from_the_keyboard_stays_one(stores: None) -> None:
    def rows() -> Iterator[tuple[object, ...]]:
        yield row_of("Ada")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_rows("catalog", "cast_crew", COLUMNS, rows())

    assert Person.objects.count() == 0


def test_what_is_no_text_at_all_leaves_nothing(stores: None) -> None:
    with pytest.raises(UnicodeEncodeError):
        copy_rows("catalog", "cast_crew", COLUMNS, [row_of("lone \ud800 surrogate")])

    with pytest.raises(DataError):
        copy_rows("catalog", "cast_crew", COLUMNS, [row_of("nul \x00 byte")])

    assert Person.objects.count() == 0


def test_a_copy_goes_with_its_transaction(stores: None) -> None:
    with pytest.raises(LookupError), transaction.atomic(using="catalog"):
        copy_rows("catalog", "cast_crew", COLUMNS, [row_of("Ada")])
        raise LookupError

    assert Person.objects.count() == 0


def test_the_connection_serves_on_after_an_error(stores: None) -> None:
    connection = connections["catalog"].connection
    with pytest.raises(DataError):
        copy_rows("catalog", "cast_crew", COLUMNS, [(uuid.uuid4(), "Ada", "", "never")])

    assert copy_rows("catalog", "cast_crew", COLUMNS, [row_of("Ada")]) == 1
    assert connections["catalog"].connection is connection


def test_names_of_tables_and_columns_are_quoted(stores: None) -> None:
    with connections["catalog"].cursor() as cursor:
        cursor.execute('CREATE TEMPORARY TABLE "a ""b"" ; c" ("x, y" text)')

    assert copy_lines("catalog", 'a "b" ; c', ["x, y"], ["one\n", "\\N\n"]) == 2


def test_a_line_is_as_the_server_reads_it() -> None:
    assert line_of(("a\tb", None, 7, "\\.")) == "a\\tb\t\\N\t7\t\\\\.\n"


class Text:
    """A value that can be watched as it comes and goes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def row_of(name: str) -> tuple[object, ...]:
    return (uuid.uuid4(), name, "", None)
