"""Reading XML by record: what comes out of sound documents, and that hostile ones do no harm."""

import gzip
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.importing.files import BrokenOff, Unreadable, opened
from catalog.importing.xml import (
    MOST_DEPTH,
    MOST_NAMES,
    MOST_RECORD_CHARACTERS,
    MOST_TOKEN_BYTES,
    Element,
    Subtree,
    element_of,
    records,
)

FLAT_BYTES = 48 << 20  # a record at its limit, twice over, and the parser's blocks
BILLION_LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE lolz [
 <!ENTITY lol "lol">
 <!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
 <!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">
]>
<List><Item>&lol3;</Item></List>"""


def read(path: Path) -> Iterator[Subtree]:
    with opened(path) as file:
        yield from records(file, roots=("List", "Item"), record="Item", name_of=lambda tag: tag, kind="list")


@pytest.fixture
def written(tmp_path: Path) -> "Written":
    return Written(tmp_path / "list.xml")


class Written:
    """A document on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, text: str | bytes) -> list[Subtree]:
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(read(self.path))

    def read_until_broken(self, text: str | bytes) -> tuple[list[Subtree], str]:
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        found: list[Subtree] = []
        try:
            for each in read(self.path):
                found.append(each)
        except (BrokenOff, Unreadable) as error:
            return found, str(error)
        return found, ""


def test_each_record_comes_with_its_line_and_its_bytes(written: Written) -> None:
    first, second = written.read('<List>\n<Item a=" 1 ">\n<b> x\n y </b><b/></Item>\n\n<Item/></List>')

    assert first.element == Element("Item", 2, "", {"a": "1"}, [Element("b", 3, "x y"), Element("b", 4, "")])
    assert (first.line, second.line, second.size) == (2, 6, len("<Item/>"))


def test_the_root_may_be_the_record_and_none_is_within_another(written: Written) -> None:
    (only,) = written.read("<Item><Item/></Item>")

    assert [child.name for child in only.element.children] == ["Item"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_encodings_are_as_the_document_declares(written: Written, encoding: str) -> None:
    declared = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    text = f'{mark}<?xml version="1.0" encoding="{declared}"?><List><Item>Zoé</Item></List>'

    (item,) = written.read(text.encode(encoding))

    assert item.element.text == "Zoé"


def test_texts_are_in_one_form_of_unicode_with_single_blanks(written: Written) -> None:
    (item,) = written.read("<List><Item>Zoe\u0301 \n\t <![CDATA[ & ]]> Kim&amp;&#xe9;</Item></List>")

    assert item.element.text == "Zo\u00e9 & Kim&é"


def test_an_element_is_the_same_after_it_was_json(written: Written) -> None:
    (item,) = written.read('<List><Item a="1">t<b c="2"/><b>x</b><d/></Item></List>')
    again = element_of("Item", item.element.as_json())

    assert (
        again.as_json()
        == item.element.as_json()
        == {
            "@a": "1",
            "#": "t",
            "b": [{"@c": "2"}, {"#": "x"}],
            "d": [{}],
        }
    )
    assert again.texts("b") == ["x"]


def test_schema_hints_are_no_part_of_a_record(written: Written) -> None:
    (item,) = written.read(
        '<List><Item xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="x"/></List>'
    )

    assert item.element.attributes == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: it ends before its last element does"),
        ("title,year\n", "line 1: syntax error"),
        ("<Other/>", "line 1: its root is Other, not List or Item"),
        (BILLION_LAUGHS, "line 2: it declares a document type or an entity, which may hide anything"),
        (
            '<?xml version="1.0"?>\n\n<!DOCTYPE List [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<List>&x;</List>',
            "line 3: it declares a document type or an entity, which may hide anything",
        ),
        (
            '<!DOCTYPE List SYSTEM "http://127.0.0.1:1/list.dtd"><List/>',
            "line 1: it declares a document type or an entity, which may hide anything",
        ),
        ('<?xml version="1.0" encoding="klingon"?><List/>', "line 1: unknown encoding"),
        (
            '<?xml version="1.0" encoding="shift_jis"?><List/>',
            "line 1: multi-byte encodings are not supported",
        ),
        ("\x00<List/>", "line 1: not well-formed, or not in the encoding that it declares"),
    ],
)
def test_what_cannot_be_read_at_all_is_refused_with_its_line(
    written: Written, text: str, reason: str
) -> None:
    found, said = written.read_until_broken(text)

    assert found == []
    assert said.startswith(f"This is no list that can be read: {reason}")


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("<Item>&unknown;</Item></List>", "line 2: undefined entity"),
        ("<Item></List>", "line 2: mismatched tag"),
        ("\n\n<Item", "line 4: it ends within a tag"),
        ("\n<Item>", "line 3: it ends before its last element does"),
        ("</List><List/>", "line 2: junk after document element"),
        (b"\n<Item>\xff</Item></List>", "line 3: not well-formed, or not in the encoding that it declares"),
        ("<Item>\x00</Item></List>", "line 2: not well-formed, or not in the encoding that it declares"),
        ("<Item>" + "<a>" * MOST_DEPTH, f"line 2: elements are nested more than {MOST_DEPTH} deep"),
        (
            "".join(f"<a{number}/>" for number in range(MOST_NAMES)),
            f"line 2: more than {MOST_NAMES:,} different names",
        ),
        (
            "".join(f'<a b{number}="x"/>' for number in range(MOST_NAMES)).join(("<Item>", "</Item></List>")),
            f"line 2: more than {MOST_NAMES:,} different names",
        ),
    ],
)
def test_a_document_breaks_off_where_it_is_damaged(written: Written, rest: str | bytes, reason: str) -> None:
    rest = rest if isinstance(rest, bytes) else rest.encode()
    found, said = written.read_until_broken(b"<List>\n<Item>sound</Item>" + rest)

    assert [each.element.text for each in found] == ["sound"]
    assert said == reason


def test_cut_off_at_any_byte_it_says_so_and_keeps_what_is_whole(written: Written) -> None:
    text = (
        "<List>\n"
        + "".join(f'<Item n="{n}">\n<a>é&#233;</a><!-- c --></Item>\n' for n in range(3))
        + "</List>"
    )
    data = text.encode()
    ends = [data.index(b"</Item>") + 7]
    while len(ends) < 3:
        ends.append(data.index(b"</Item>", ends[-1]) + 7)

    for size in range(len(data) - 1):
        found, said = written.read_until_broken(data[:size])
        assert [each.element.attributes["n"] for each in found] == [
            str(number) for number, end in enumerate(ends) if end <= size
        ], size
        assert "line " in said, size


@pytest.mark.parametrize("size", [1, 20, 60, 61, 62])
def test_a_compressed_document_that_is_cut_off_says_so(written: Written, size: int) -> None:
    data = gzip.compress(b"<List>" + b"<Item>x</Item>" * 1000 + b"</List>")
    _, said = written.read_until_broken(data[: max(3, len(data) - size)])

    assert said == "the compressed file is cut off"


def test_a_record_beyond_the_limit_is_passed_over_by_itself(written: Written) -> None:
    long = "x" * (MOST_RECORD_CHARACTERS + 1)
    many = "<a/>" * (MOST_RECORD_CHARACTERS // 100 + 1)
    found = written.read(
        f'<List><Item n="1"><a><b>{long}<c/></b></a></Item><Item n="2">{many}</Item><Item>sound</Item></List>'
    )

    assert [each.problem for each in found] == ["longer than 8,388,608 characters"] * 2 + [""]
    assert [each.element.attributes for each in found] == [{"n": "1"}, {"n": "2"}, {}]
    assert [each.element.children for each in found] == [[], [], []]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"<Item>", b"</Item></List>", ""),  # a text of 100 MB is a record too large
        (b"", b"</List>", ""),  # outside of records it is nothing
        (b"<!--", b"--></List>", f"line 1: a tag or comment of more than {MOST_TOKEN_BYTES:,} bytes"),
        (b'<Item a="', b'"/></List>', f"line 1: a tag or comment of more than {MOST_TOKEN_BYTES:,} bytes"),
        (
            b"<Item><",
            b"/></Item></List>",
            f"line 1: a tag or comment of more than {MOST_TOKEN_BYTES:,} bytes",
        ),
        (b"<Item><![CDATA[", b"]]></Item></List>", ""),
    ],
)
def test_a_hundred_megabytes_of_one_thing_do_not_fill_the_memory(
    written: Written, before: bytes, after: bytes, said: str
) -> None:
    with written.path.open("wb") as file:
        file.write(b"<List>" + before)
        for _ in range(100):
            file.write(b"x" * (1 << 20))
        file.write(after)

    tracemalloc.start()
    try:
        problem = ""
        for each in read(written.path):
            assert each.problem
    except BrokenOff as error:
        problem = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert problem == said
    assert peak < FLAT_BYTES


def test_a_long_list_takes_the_memory_of_one_record(written: Written) -> None:
    with written.path.open("w") as file:
        file.write("<List>\n")
        for number in range(20_000):
            file.write(f"<Item n='{number}'><a>{'x' * 500}</a></Item>\n")
        file.write("</List>")

    tracemalloc.start()
    assert sum(1 for _ in read(written.path)) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4 << 20
