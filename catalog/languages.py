"""Which language each text of a title is answered in, and which of its pictures.

A request names languages in the order it wants them (`?lang=pt-BR,pt,en`, else `Accept-Language`). Each stands for
itself and then for less of itself (RFC 4647 §3.4): `pt-BR` is looked for before `pt`. Along that chain each text is
looked for by itself: a title translated without a tagline keeps its translated title. What no language of the chain
has is the title's own text, which counts as one of its `original_language`. A picture is looked for along the same
chain, then textless, then in the original language, then in any.

Entry points: `languages_named`, `languages_accepted`, `chain_of` for what is asked; `with_own`, `resolve`,
`summaries_of`, `preferred`, `in_languages` for one title; `translated` for a page of a list. Failure: `NotALanguage`,
by `languages_named` only; `django.db.Error`s, by `translated` only.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from catalog.codes import canonical_language
from catalog.models import Translation

Chain = tuple[str, ...]  # languages in the order they are looked in, each once
Texts = Mapping[str, str]  # by the names of `Translation`'s columns; the title's own have `summary`

MOST_LANGUAGES = 10  # that a request may name; a chain has at most four times as many
LONGEST_HEADER = 1000  # characters that are read
QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)  # RFC 9110 §12.4.2

# What is looked for, and the columns of one language that have it, the best first.
LONGEST_FIRST = ("summary", "summary_4000", "summary_400", "summary_190")
LOOKED_FOR = {
    "title": ("title",),
    "sort_title": ("sort_title", "title"),
    "tagline": ("tagline",),
    "summary": LONGEST_FIRST,
}
SUMMARY_LENGTHS = (190, 400, 4000)  # characters; the lengths of MovieLabs' MEC
TEXT_COLUMNS = ("title", "sort_title", "tagline", "summary_190", "summary_400", "summary_4000")


class NotALanguage(ValueError):
    """What was asked for is no list of language tags; the message says which part."""


class Resolved(NamedTuple):
    """Texts by field, and the language that each is of: empty where it is the title's own and nobody knows."""

    texts: dict[str, str]
    languages: dict[str, str]


def languages_named(text: str) -> Chain:
    """Of `pt-BR,pt,en`, in canonical spelling. Raises `NotALanguage`."""
    parts = text.split(",")
    if len(parts) > MOST_LANGUAGES:
        raise NotALanguage(f"Name at most {MOST_LANGUAGES} languages.")
    tags = [canonical_language(part) for part in parts]
    for part, tag in zip(parts, tags, strict=True):
        if tag is None:
            raise NotALanguage(f"{part.strip()[:40]!r} is no language tag as in pt-BR (BCP 47).")
    return tuple(dict.fromkeys(filter(None, tags)))


def languages_accepted(header: str) -> Chain:
    """Of `pt-BR, en;q=0.8, *;q=0.1`, the best first. What is no language, or not wanted (`q=0`), is left out."""
    found: list[tuple[float, str]] = []
    for part in header[:LONGEST_HEADER].split(","):
        name, _, rest = part.partition(";")
        weight, tag = _quality(rest.strip()), canonical_language(name)
        if tag and weight:
            found.append((weight, tag))
    best_first = sorted(found, key=lambda each: -each[0])  # stable: of one weight, as they stand
    return tuple(dict.fromkeys(tag for _, tag in best_first))[:MOST_LANGUAGES]


def _quality(parameter: str) -> float:
    if not parameter:
        return 1.0
    written = QUALITY.fullmatch(parameter)
    return float(written[1]) if written else 0.0


def chain_of(languages: Iterable[str]) -> Chain:
    """These languages, each followed by what it is a kind of: `pt-BR` by `pt`."""
    chain: dict[str, None] = {}
    for language in languages:
        parts = language.split("-")
        chain |= dict.fromkeys("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return tuple(chain)


def with_own(translations: Mapping[str, Texts], *, own: Texts, original: str) -> dict[str, Texts]:
    """Texts by language, the title's own among them; a translation into `original` fills what those lack."""
    written = {column: text for column, text in own.items() if text}
    return {**translations, original: {**translations.get(original, {}), **written}}


def resolve(texts_by_language: Mapping[str, Texts], chain: Chain, original: str) -> Resolved:
    """Each of `LOOKED_FOR` in the first language of the chain that has it, else in `original`."""
    found = {field: _found(field, texts_by_language, (*chain, original)) for field in LOOKED_FOR}
    return Resolved(
        {field: text for field, (text, _) in found.items()},
        {field: language for field, (_, language) in found.items()},
    )


def _found(field: str, texts_by_language: Mapping[str, Texts], languages: Chain) -> tuple[str, str]:
    for language in languages:
        texts = texts_by_language.get(language, {})
        if text := next(filter(None, map(texts.get, LOOKED_FOR[field])), None):
            return text, language
    return "", languages[-1]


def summaries_of(texts: Texts) -> dict[str, str]:
    """Summaries of at most 190, 400 and 4000 characters in the language of these texts.

    Each is the longest that was written for no more; where none was, the shortest of the longer ones is cut.
    """
    written = list(filter(None, map(texts.get, LONGEST_FIRST)))
    return {str(most): _within(written, most) for most in SUMMARY_LENGTHS}


def _within(texts: Sequence[str], most: int) -> str:
    fitting = [text for text in texts if len(text) <= most]
    if fitting:
        return max(fitting, key=len)
    return shortened(min(texts, key=len), most) if texts else ""


def shortened(text: str, most: int) -> str:
    """The text, or as many whole words of it as `most` characters hold, and a sign that there is more."""
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"


def preferred(rows: Iterable[Mapping[str, Any]], *, chain: Chain, original: str) -> Mapping[str, Any] | None:
    """Of pictures or trailers, each with its `language`: along the chain, without one, the original, any.

    Among those a primary comes first, of any language the first by its tag, whatever collation the rows come in; then
    they stay in the order given. None without rows.
    """
    place = _places(chain, original)

    def rank(row: Mapping[str, Any]) -> tuple[int, bool, str]:
        return place(row["language"]), not row.get("is_primary"), row["language"]

    return min(rows, key=rank, default=None)


def _places(chain: Chain, original: str) -> Callable[[str], int]:
    places = {language: place for place, language in enumerate(dict.fromkeys((*chain, "", original)))}
    return lambda language: places.get(language, len(places))


def translated(rows: Sequence[Mapping[str, Any]], chain: Chain) -> list[dict[str, Any]]:
    """Rows of a list with the texts that they have put into the languages of the chain: one query for all, or none.

    A row has its `content_id`, any of `title`, `sort_title`, `tagline` and `summary`, and its `original_language` where
    that is known. It gains `languages`, which says what language each of those is of.
    """
    translations: defaultdict[UUID, dict[str, Texts]] = defaultdict(dict)
    if chain and rows:
        found = Translation.objects.filter(
            content_id__in={row["content_id"] for row in rows}, language__in=chain
        ).order_by()
        for texts in found.values("content_id", "language", *TEXT_COLUMNS):
            translations[texts["content_id"]][texts["language"]] = texts
    return [in_languages(row, translations[row["content_id"]], chain) for row in rows]


def in_languages(row: Mapping[str, Any], translations: Mapping[str, Texts], chain: Chain) -> dict[str, Any]:
    """Such a row, of which the translations are at hand."""
    fields, original = [field for field in LOOKED_FOR if field in row], row.get("original_language", "")
    own = {field: row[field] for field in fields}
    texts, languages = resolve(with_own(translations, own=own, original=original), chain, original)
    return {
        **row,
        **{field: texts[field] for field in fields},
        "languages": {field: languages[field] for field in fields},
    }
