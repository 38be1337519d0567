"""What a list may be asked for, in the words of `GET /content`; the rules of collections are written in the same.

`ListQuery` is one such question, read and in order; names are still as given (`catalog.listing.conditions` looks
them up). Entry points: `parse` for a query string, `list_query` for parameters by name. Failure: `Unreadable`, which
says what is wrong with each parameter.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError

from catalog.codes import country_code, territory_code
from catalog.models import Content
from catalog.models.shared import OLDEST_AGE
from catalog.models.titles import MOST_MINUTES
from catalog.orders import ORDERS

MOST_VALUES = 20  # of one parameter
LONGEST_NAME = 255  # characters; no genre, keyword or studio has more
LONGEST_RULE = 2000  # characters
YEARS, MINUTES, AGES = (1, 9999), (1, MOST_MINUTES), (0, OLDEST_AGE)


class Unreadable(ValueError):
    """`errors`: parameter to what is wrong with it, and what to write instead."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {told}" for name, told in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Choice:
    """`a,b`: a title has every value; `a|b`: at least one of them."""

    values: tuple[str, ...]
    every: bool


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both included; None is open."""

    low: int | None
    high: int | None


@dataclass(frozen=True)
class ListQuery:
    """Each field is the parameter of that name; None is not asked for. The fields of an audience included."""

    genre: Choice | None = None
    not_genre: Choice | None = None
    type: Choice | None = None
    person: Choice | None = None
    country: Choice | None = None
    keyword: Choice | None = None
    studio: Choice | None = None
    year: Range | None = None
    runtime: Range | None = None
    rating_gte: Decimal | None = None
    available_in: str | None = None
    maturity_lte: int | None = None
    sort: str = "popularity"

    def canonical(self, *, without: tuple[str, ...] = ()) -> bytes:
        """What is asked, less these parameters, as bytes; the order of values does not matter. For keys and cursors."""
        asked = {
            name: value for name, value in asdict(self).items() if value is not None and name not in without
        }
        return orjson.dumps(asked, default=str, option=orjson.OPT_SORT_KEYS)


def parse(text: str) -> ListQuery:
    """A query string as a `ListQuery`: `genre=Drama&year=1990..1999&sort=-rating`, values percent-encoded."""
    if len(text) > LONGEST_RULE:
        raise Unreadable({"": f"At most {LONGEST_RULE:,} characters."})
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except ValueError as error:
        raise Unreadable(
            {"": "This is no query string as in genre=Drama&sort=-rating; write & within a value as %26."}
        ) from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise Unreadable({name: "Given more than once."})
        given[name] = value
    return list_query(given)


def list_query(parameters: Mapping[str, str]) -> ListQuery:
    """Parameters by name as a `ListQuery`. A parameter that there is not is an error, so that a typo is not ignored."""
    read: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, text in parameters.items():
        reader = READERS.get(name)
        if reader is None:
            errors[name] = f"There is no such parameter. There are {', '.join(READERS)}."
            continue
        try:
            read[name] = reader(text)
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise Unreadable(errors)
    return ListQuery(**read)


def _choice(text: str, read: Callable[[str], str]) -> Choice:
    if "," in text and "|" in text:
        raise ValueError("Give either a,b (all of them) or a|b (any of them), not both in one value.")
    parts = [part.strip() for part in re.split(r"[,|]", text)]
    if not all(parts):
        raise ValueError(
            "Give a value, or several as a,b (all of them) or a|b (any of them); none may be empty."
        )
    if len(parts) > MOST_VALUES:
        raise ValueError(f"At most {MOST_VALUES} values.")
    values = tuple(sorted({read(part) for part in parts}))
    return Choice(values, every="|" not in text or len(values) == 1)


def _name(text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(f"A name has at most {LONGEST_NAME} characters, all of them printable.")
    return text


def _names(text: str) -> Choice:
    return _choice(text, _name)


def _kind(text: str) -> str:
    if text not in Content.Kind.values:
        raise ValueError(f"A type is one of {', '.join(Content.Kind.values)}.")
    return text


def _kinds(text: str) -> Choice:
    found = _choice(text, _kind)
    if found.every and len(found.values) > 1:
        raise ValueError(f"A title has one type; ask for any of several as {'|'.join(found.values)}.")
    return found


def _person(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise ValueError("A person is given by id, a UUID.") from error


def _people(text: str) -> Choice:
    return _choice(text, _person)


def _validated(text: str, validate: Callable[[str], None]) -> str:
    try:
        validate(text)
    except ValidationError as error:
        raise ValueError(error.messages[0]) from error
    return text


def _countries(text: str) -> Choice:
    return _choice(text, lambda code: _validated(code, country_code))


def _territory(text: str) -> str:
    return _validated(text, territory_code)


def _number(text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise ValueError(f"Give whole numbers of {low:,} to {high:,}.".replace(",", ""))
    return int(text)


def _range(text: str, low: int, high: int) -> Range:
    first, dots, last = text.partition("..")
    if not dots:
        last = first
    if not first and not last:
        raise ValueError("Give a number, or a range as 10..20, 10.. or ..20.")
    found = Range(_number(first, low, high) if first else None, _number(last, low, high) if last else None)
    if found.low is not None and found.high is not None and found.low > found.high:
        raise ValueError(f"The range ends before it begins; write {found.high}..{found.low}.")
    return found


def _rating(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})?", text) or Decimal(text) > 10:
        raise ValueError("Give a number of 0 to 10, as in 7.5.")
    return Decimal(text).normalize()


def _sort(text: str) -> str:
    if text not in ORDERS:
        raise ValueError(f"A list is sorted by one of {', '.join(ORDERS)}.")
    return text


READERS: dict[str, Callable[[str], Any]] = {
    "genre": _names,
    "not_genre": _names,
    "type": _kinds,
    "person": _people,
    "country": _countries,
    "keyword": _names,
    "studio": _names,
    "year": lambda text: _range(text, *YEARS),
    "runtime": lambda text: _range(text, *MINUTES),
    "rating_gte": _rating,
    "available_in": _territory,
    "maturity_lte": lambda text: _number(text, *AGES),
    "sort": _sort,
}
