"""The one record of a title: metadata, genres, cast; cached as `content:metadata:<id>`, forgotten by the services.

It is cached for whoever may see it at all, with the values of its `Gate`: each request is judged by them at its own
time, and no record outlives the next moment at which time alone changes who may see it, or under which licence. It is
cached in every language as well: what a request is answered in, `catalog.languages` finds in it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict
from uuid import UUID

from django.utils import timezone

from catalog.languages import LOOKED_FOR, Chain, preferred, resolve, summaries_of, with_own
from catalog.maturity import ages_by_label, label_of
from catalog.models import Artwork, Video
from catalog.selectors.record_rows import METADATA_FIELDS, row_of_title
from catalog.visibility import GATE_FIELDS, Audience, is_open, is_public, next_instant, span
from streaming.stores.cache import read_through

# Rows that are the same in every language.
PLAIN_CHILDREN = ("keywords", "studios", "alternative_titles", "videos", "markers", "external_ids")
INSTANTS = ("starts_at", "ends_at")
LICENCE_FIELDS = ("territory", "licence", "ends_at")
PICTURE_FIELDS = ("url", "language", "width", "height", "focal_x", "focal_y")


class ContentRecord(TypedDict):
    """What the public sees of a title, as JSON: ids and timestamps are strings, `rating` a number or null."""

    metadata: dict[str, Any]
    genres: list[dict[str, Any]]
    cast: list[dict[str, Any]]


class CachedRecord(ContentRecord):
    """The record before its languages are chosen. `metadata` has the title's own texts.

    `translations` are texts by language, `artwork` all pictures. `gate` and `until` only the rule of visibility reads:
    the title's `Gate`, and until when time changes nothing about it.
    """

    translations: dict[str, dict[str, str]]
    artwork: list[dict[str, Any]]
    gate: dict[str, Any]
    until: Any


def record_key(content_id: UUID) -> str:
    """The published cache key of a title's record."""
    return f"content:metadata:{content_id}"


def content_record(
    *, content_id: UUID, audience: Audience | None = None, chain: Chain = ()
) -> ContentRecord | None:
    """A title's record, its texts and pictures looked for along the chain of languages (`catalog.languages`).

    From the cache or by one query, and one more for the levels of maturity where those are not cached. None when
    this audience may see no such title; it is by default anybody, anywhere, now.
    """
    audience = audience or Audience.now()
    cached: CachedRecord | None = read_through(
        record_key(content_id), lambda: _record_from_rows(content_id), seconds=_seconds_left
    )
    if cached is None or not is_public(cached["gate"], audience):
        return None
    return ContentRecord(metadata=_metadata_in(cached, chain), genres=cached["genres"], cast=cached["cast"])


def _seconds_left(cached: CachedRecord) -> float | None:
    until = cached["until"]
    return None if until is None else (datetime.fromisoformat(until) - timezone.now()).total_seconds()


def _record_from_rows(content_id: UUID) -> CachedRecord | None:
    now = Audience.now()
    row = row_of_title(content_id, now)
    if row is None:
        return None
    gate = {name: row[name] for name in GATE_FIELDS}
    return CachedRecord(
        metadata=_metadata(row, now),
        genres=row["genres"],
        cast=row["cast"],
        translations={texts.pop("language"): texts for texts in row["translations"]},
        artwork=row["artwork"],
        gate=gate,
        until=next_instant(gate, after=now.at),
    )


def _metadata(row: Mapping[str, Any], audience: Audience) -> dict[str, Any]:
    """What is the same in every language, and the title's own texts."""
    rating = row["rating"]
    return {
        **{name: row[name] for name in METADATA_FIELDS},
        "rating": None if rating is None else float(rating),
        **{name: row[name] for name in PLAIN_CHILDREN},
        "maturity_ratings": _with_ages(row["maturity_ratings"]),
        "availability": None if row["availability"] is None else _open(row["windows"], audience),
    }


def _open(windows: list[dict[str, Any]], audience: Audience) -> list[dict[str, Any]]:
    """Those that are open to the audience, by the clock that it is judged by."""
    read = ({**window, **{name: _instant(window[name]) for name in INSTANTS}} for window in windows)
    return [
        {name: window[name] for name in LICENCE_FIELDS}
        for window in read
        if is_open(span(window["territory"], window["starts_at"], window["ends_at"]), audience)
    ]


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _with_ages(ratings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ages = ages_by_label() if ratings else {}
    return [
        {**rating, "minimum_age": ages.get(label_of(rating["system"], rating["value"]))} for rating in ratings
    ]


def _metadata_in(cached: CachedRecord, chain: Chain) -> dict[str, Any]:
    own = cached["metadata"]
    original = own["original_language"]
    texts = with_own(
        cached["translations"], own={field: own[field] for field in LOOKED_FOR}, original=original
    )
    found = resolve(texts, chain, original)
    pictures = _pictures_in(cached["artwork"], chain, original)
    trailers = (video for video in own["videos"] if video["kind"] == Video.Kind.TRAILER)
    return {
        **own,
        **found.texts,
        "thumbnail_url": own["thumbnail_url"] or _url_of(pictures[Artwork.Kind.POSTER]),
        "trailer_url": own["trailer_url"] or _url_of(preferred(trailers, chain=chain, original=original)),
        "languages": found.languages,
        "summaries": summaries_of(texts.get(found.languages["summary"], {})),
        "artwork": pictures,
    }


def _pictures_in(artwork: list[dict[str, Any]], chain: Chain, original: str) -> dict[str, Any]:
    """Of every kind the one picture to show, or None."""
    of_kind = {
        kind: [picture for picture in artwork if picture["kind"] == kind] for kind in Artwork.Kind.values
    }
    found = {kind: preferred(pictures, chain=chain, original=original) for kind, pictures in of_kind.items()}
    return {
        kind: picture and {field: picture[field] for field in PICTURE_FIELDS}
        for kind, picture in found.items()
    }


def _url_of(found: Mapping[str, Any] | None) -> str:
    return found["url"] if found else ""
