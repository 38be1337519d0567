import tracemalloc
from pathlib import Path

import pytest

from catalog.importing.delimited import RECORD_BYTES, Delimited, records
from catalog.importing.files import opened


def read(path: Path, data: bytes) -> list[Delimited]:
    path.write_bytes(data)
    with opened(path) as file:
        return list(records(file))


def test_a_record_is_numbered_by_the_line_it_begins_on(tmp_path: Path) -> None:
    found = read(tmp_path / "f", b'a,b\n"one\ntwo",c\n\nd,e\r\n')

    assert [(record.line, record.fields) for record in found] == [
        (1, ["a", "b"]),
        (2, ["one\ntwo", "c"]),
        (5, ["d", "e"]),
    ]


def test_a_byte_order_mark_belongs_to_no_field(tmp_path: Path) -> None:
    assert read(tmp_path / "f", b"\xef\xbb\xbfa,b\n")[0].fields == ["a", "b"]


def test_a_quote_that_is_never_closed_costs_its_own_row_only(tmp_path: Path) -> None:
    found = read(tmp_path / "f", b'a,b\nc,"d\ne,f\ng,h\n')

    assert [(record.line, record.fields, record.problem) for record in found] == [
        (1, ["a", "b"], ""),
        (2, ["c", '"d\n'], "a quote is never closed"),
        (3, ["e", "f"], ""),
        (4, ["g", "h"], ""),
    ]


def test_a_quote_closed_in_a_later_row_costs_its_own_row_only(tmp_path: Path) -> None:
    found = read(tmp_path / "f", b'a,"b\nc,"d"\ne,f\n')

    assert [(record.line, bool(record.problem)) for record in found] == [(1, True), (2, False), (3, False)]
    assert found[1].fields == ["c", "d"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"a,\xff\n", "holds bytes that are not UTF-8 (byte 3 of the line)"),
        (b"a,\xed\xa0\x80\n", "holds bytes that are not UTF-8 (byte 3 of the line)"),  # a lone surrogate
        (b"a,\0\n", "holds a NUL byte"),
        (b'"a"b,c\n', "not well-formed: ',' expected after '\"'"),
    ],
)
def test_a_line_that_cannot_be_trusted_says_why_and_reading_goes_on(
    tmp_path: Path, line: bytes, problem: str
) -> None:
    found = read(tmp_path / "f", b"x,y\n" + line + b"z,z\n")

    assert [record.problem for record in found] == ["", problem, ""]


def test_bad_bytes_in_a_later_line_of_a_record_spoil_the_record(tmp_path: Path) -> None:
    found = read(tmp_path / "f", b'"a\n\xff",b\nc,d\n')

    assert [(record.line, bool(record.problem)) for record in found] == [(1, True), (3, False)]


@pytest.mark.parametrize("opening", [b"", b'"'], ids=["bare", "quoted"])
def test_a_line_of_100_megabytes_is_one_problem_in_flat_memory(tmp_path: Path, opening: bytes) -> None:
    path = tmp_path / "f"
    with path.open("wb") as file:
        file.write(b"a,b\n" + opening)
        file.writelines(b"x" * 1_000_000 for _ in range(100))
        file.write(b"\nc,d\n")
    tracemalloc.start()
    with opened(path) as source:
        found = list(records(source))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [(record.line, bool(record.problem)) for record in found] == [(1, False), (2, True), (3, False)]
    assert found[1].problem.startswith("the line has 100,000,00")
    assert peak < 10 * RECORD_BYTES


def test_an_open_quote_before_a_long_line_names_both_lines(tmp_path: Path) -> None:
    found = read(tmp_path / "f", b'a,"b\n' + b"x" * (RECORD_BYTES + 1) + b"\nc,d\n")

    assert [(record.line, bool(record.problem)) for record in found] == [(1, True), (2, True), (3, False)]


def test_an_open_quote_before_many_lines_does_not_swallow_them(tmp_path: Path) -> None:
    found = read(tmp_path / "f", b'a,"b\n' + b"c,d\n" * 300_000)

    assert len(found) == 300_001
    assert [record.line for record in found if record.problem] == [1]


def test_rows_that_each_open_a_quote_are_read_in_linear_time(tmp_path: Path) -> None:
    """Every row is given back at most once; were it not so, this would take minutes."""
    found = read(tmp_path / "f", b'x,"y\n' * 100_000)

    assert len(found) == 100_000
    assert all(record.problem for record in found)
