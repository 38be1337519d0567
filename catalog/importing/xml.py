"""XML by record, in flat memory whatever the file holds.

`records` yields the subtree of each record element with the line it begins on, or why it cannot be used; only one
subtree is held at a time. A document type, and with it every entity of its own, is refused before the root: nothing of
the trade's formats needs one, and an expansion of a few lines may fill a machine. A damaged document cannot be read
past the damage, so it breaks off there; a record that is too large is passed over by itself.

Failure: `files.Unreadable` where nothing can be read, `files.BrokenOff` further on; both name the line.
"""

import unicodedata
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from xml.etree.ElementTree import ParseError  # the class only; DefusedXMLParser parses

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from catalog.importing.files import BrokenOff, Unreadable

BLOCK_BYTES = 1 << 16
# A tag, a comment or an attribute is held whole by the parser, and read anew with each block until it ends.
MOST_TOKEN_BYTES = 1 << 20
MOST_RECORD_CHARACTERS = 1 << 23
MOST_DEPTH = 64
# The parser remembers each name of an element, an attribute or a prefix for as long as it lives.
MOST_NAMES = 10_000
WEIGHT_OF_ELEMENT = 100  # characters that an element counts as, for its own sake
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

NameOf = Callable[[str], str]
Json = dict[str, Any]


class Document(Protocol):
    """What is read by blocks, as a `files.SourceFile` is."""

    def block(self, limit: int, /) -> bytes: ...


@dataclass(slots=True)
class Element:
    """An element with its children. Of texts and attributes blanks are as one, and Unicode is in form NFC."""

    name: str
    line: int = 0
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)

    def all(self, path: str) -> list["Element"]:
        """The descendants at `path`, as in `md:People/md:Name`, in document order."""
        found = [self]
        for name in path.split("/"):
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def first(self, path: str) -> "Element | None":
        return next(iter(self.all(path)), None)

    def text_of(self, path: str) -> str:
        """The text of the first of `path`; empty where there is none."""
        element = self.first(path)
        return element.text if element else ""

    def texts(self, path: str) -> list[str]:
        """The texts at `path` that are not empty."""
        return [element.text for element in self.all(path) if element.text]

    def as_json(self) -> Json:
        """All of it as plain JSON, without the lines; `element_of` reads it back."""
        said: Json = {f"@{name}": value for name, value in self.attributes.items()}
        if self.text:
            said["#"] = self.text
        for child in self.children:
            said.setdefault(child.name, []).append(child.as_json())
        return said


def element_of(name: str, said: Json) -> Element:
    """The element that `as_json` said; children of one name follow each other, and have no lines."""
    element = Element(name, text=said.get("#", ""))
    for key, value in said.items():
        if key.startswith("@"):
            element.attributes[key[1:]] = value
        elif key != "#":
            element.children += [element_of(key, each) for each in value]
    return element


@dataclass(frozen=True, slots=True)
class Subtree:
    """One record: its element, or with `problem` why there is none to trust (`element` then is its bare start)."""

    line: int
    size: int
    element: Element
    problem: str = ""


def records(
    file: Document, *, roots: Collection[str], record: str, name_of: NameOf, kind: str
) -> Iterator[Subtree]:
    """The elements named `record` of a document whose root is one of `roots`, itself included; none within another.

    `name_of` makes a name of `{namespace}local`; `kind` says what the document should be, as in "MEC document".
    """
    builder = _Builder(roots, record, name_of)
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.expat = parser.parser
    fed = 0
    while True:
        block = file.block(BLOCK_BYTES)
        fed += len(block)
        problem = _fed(parser, block, fed)
        yield from builder.taken()
        if problem and not builder.begun:
            raise Unreadable(f"This is no {kind} that can be read: {problem}.")
        if problem:
            raise BrokenOff(problem)
        if not block:
            return


def _fed(parser: Any, block: bytes, fed: int) -> str:
    """Has the parser read a block, or the end; what is wrong with the document."""
    expat = parser.parser
    try:
        if not block:
            parser.close()
            return ""
        parser.feed(block)
        if fed - expat.CurrentByteIndex > MOST_TOKEN_BYTES:
            return f"line {expat.CurrentLineNumber}: a tag or comment of more than {MOST_TOKEN_BYTES:,} bytes"
    except ParseError as error:
        reason = str(error).rpartition(": line")[0]
        return f"line {error.position[0]}: {SAID.get(reason, reason)}"
    except DefusedXmlException:
        return f"line {expat.CurrentLineNumber}: it declares a document type or an entity, which may hide anything"
    except _Hostile as error:
        return f"line {expat.CurrentLineNumber}: {error}"
    except (LookupError, ValueError) as error:
        return f"line {expat.CurrentLineNumber}: {error}"
    return ""


SAID = {
    "no element found": "it ends before its last element does",
    "unclosed token": "it ends within a tag",
    "not well-formed (invalid token)": "not well-formed, or not in the encoding that it declares",
}


class _Hostile(Exception):
    """The document is of a shape that no honest one has; the message says which."""


class _Builder:
    """What the parser tells of a document, as the records in it."""

    def __init__(self, roots: Collection[str], record: str, name_of: NameOf) -> None:
        self.expat: Any = None
        self.begun = False
        self._roots, self._record, self._name_of = roots, record, name_of
        self._names: dict[str, str] = {}
        self._finished: deque[Subtree] = deque()
        self._depth = 0
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._weight = 0
        self._start = 0
        self._passed_over = 0  # depth within a record that is too large

    def taken(self) -> Iterator[Subtree]:
        while self._finished:
            yield self._finished.popleft()

    def start_ns(self, prefix: str, uri: str) -> None:
        self._named(f"xmlns:{prefix}")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._named(tag)
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise _Hostile(f"elements are nested more than {MOST_DEPTH} deep")
        if self._depth == 1:
            self._begin(name)
        if self._passed_over:
            self._passed_over += 1
        elif self._open or name == self._record:
            self._add(name, attributes)

    def data(self, text: str) -> None:
        if self._open and not self._passed_over:
            self._texts[-1].append(text)
            self._weigh(len(text))

    def end(self, tag: str) -> None:
        self._depth -= 1
        if self._passed_over > 1:
            self._passed_over -= 1
        elif self._open:
            element = self._open.pop()
            element.text = _clean("".join(self._texts.pop()))
            if not self._open:
                self._finish(element)

    def _begin(self, name: str) -> None:
        if name not in self._roots:
            raise _Hostile(f"its root is {name}, not {' or '.join(self._roots)}")
        self.begun = True

    def _named(self, tag: str) -> str:
        name = self._names.get(tag)
        if name is None:
            if len(self._names) >= MOST_NAMES:
                raise _Hostile(f"more than {MOST_NAMES:,} different names")
            name = self._names[tag] = self._name_of(tag)
        return name

    def _add(self, name: str, attributes: dict[str, str]) -> None:
        said = {
            self._named(key): _clean(value) for key, value in attributes.items() if not key.startswith(XSI)
        }
        element = Element(name, line=self.expat.CurrentLineNumber, attributes=said)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._weight, self._start = 0, self.expat.CurrentByteIndex
        self._open.append(element)
        self._texts.append([])
        self._weigh(WEIGHT_OF_ELEMENT + sum(map(len, said.values())))

    def _weigh(self, characters: int) -> None:
        """Beyond the limit only the record's start is kept, and what is still to come of it is passed over."""
        self._weight += characters
        if self._weight > MOST_RECORD_CHARACTERS:
            top = self._open[0]
            self._passed_over = len(self._open)
            self._open, self._texts = [Element(top.name, top.line, attributes=top.attributes)], [[]]

    def _finish(self, element: Element) -> None:
        problem = ""
        if self._passed_over:
            problem = f"longer than {MOST_RECORD_CHARACTERS:,} characters"
            self._passed_over = 0
        size = self.expat.CurrentByteIndex - self._start
        self._finished.append(Subtree(element.line, size, element, problem))


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
