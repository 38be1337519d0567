"""Seasons and episodes of a title, a page at a time, in the order of airing or another one.

Entry points: `seasons_page`, `season_is_known`, `episodes_page`, `place_of`. Whether the title may be seen is asked
before, of `content_record`. Every statement names the title, so that on Citus it is one task. Failure:
`django.db.Error`s.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from catalog.models import Episode, EpisodeOrder, Marker, Season

AIRED, ABSOLUTE = "aired", "absolute"
EPISODE_ORDERS = (AIRED, ABSOLUTE, *EpisodeOrder.Order.values)
UNNUMBERED = 2**31 - 1  # after all that have an absolute number
MARKER_COLUMNS = ("kind", "start_seconds", "end_seconds")
NONE_YET: dict[str, Any] = {"episode_count": 0, "first_air_date": None, "last_air_date": None}


def seasons_page(*, content_id: UUID, after: int | None, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` seasons past number `after`, with what is known of their episodes: two queries, one without any."""
    seasons = Season.objects.filter(content=content_id).order_by("number")
    if after is not None:
        seasons = seasons.filter(number__gt=after)
    rows = list(seasons.values_list("id", "number", "title", "summary")[:limit])
    known = _known_of_episodes(content_id, [number for _, number, *_ in rows]) if rows else {}
    return [
        {"season_id": season_id, "number": number, "title": title, "summary": summary}
        | known.get(number, NONE_YET)
        for season_id, number, title, summary in rows
    ]


def _known_of_episodes(content_id: UUID, numbers: Collection[int]) -> dict[int, dict[str, Any]]:
    episodes = Episode.objects.filter(content=content_id, season_number__in=numbers).order_by()
    counted = episodes.values("season_number").annotate(
        n=Count("*"), first=Min("air_date"), last=Max("air_date")
    )
    return {
        row["season_number"]: {
            "episode_count": row["n"],
            "first_air_date": row["first"],
            "last_air_date": row["last"],
        }
        for row in counted
    }


def season_is_known(*, content_id: UUID, number: int, order: str) -> bool:
    """Whether the title has a season of this number in this order; one query."""
    if order in (AIRED, ABSOLUTE):
        return Season.objects.filter(content=content_id, number=number).exists()
    return EpisodeOrder.objects.filter(content=content_id, order=order, season_number=number).exists()


def episodes_page(
    *, content_id: UUID, season_number: int, order: str, after: tuple[int, int] | None, limit: int
) -> list[dict[str, Any]]:
    """Up to `limit` episodes of a season past `after`, with their markers: two queries, one without any.

    `order` is one of `EPISODE_ORDERS`. `season_number` and `number` of a row are its place in that order,
    `aired_season_number` and `aired_number` the one it aired at; in the absolute order a season's episodes are sorted
    by `absolute_number`, those without it last. `after` is `place_of` the last row seen.
    """
    placed = _placed(content_id, season_number, order)
    if after is not None:
        place, number = after
        placed = placed.filter(Q(place__gt=place) | Q(place=place, number__gt=number))
    rows = list(
        placed.order_by("place", "number").values(
            *("id", "place", "season_number", "number", "absolute_number", "title", "summary", "air_date"),
            *("runtime_minutes", "kind", "production_code"),
        )[:limit]
    )
    markers = _markers(content_id, [row["id"] for row in rows]) if rows else {}
    return [_episode(row, season_number, order, markers.get(row["id"], [])) for row in rows]


def _episode(
    row: dict[str, Any], season_number: int, order: str, markers: list[dict[str, Any]]
) -> dict[str, Any]:
    place, aired = row.pop("place"), row.pop("number")
    return {
        "episode_id": row.pop("id"),
        "aired_season_number": row.pop("season_number"),
        "aired_number": aired,
        "season_number": season_number,
        "number": aired if order == ABSOLUTE else place,
        **row,
        "markers": markers,
    }


def place_of(episode: dict[str, Any], *, order: str) -> tuple[int, int]:
    """What a season's episodes are sorted by, of a row of `episodes_page`."""
    absolute = UNNUMBERED if episode["absolute_number"] is None else episode["absolute_number"]
    return absolute if order == ABSOLUTE else episode["number"], episode["aired_number"]


def _placed(content_id: UUID, season_number: int, order: str) -> QuerySet[Any]:
    """The season's episodes, each with its `place`."""
    episodes = Episode.objects.filter(content=content_id)
    if order == AIRED:
        return episodes.filter(season_number=season_number).annotate(place=F("number"))
    if order == ABSOLUTE:
        last = Coalesce("absolute_number", Value(UNNUMBERED))
        return episodes.filter(season_number=season_number).annotate(place=last)
    elsewhere = episodes.filter(
        orders__content=content_id, orders__order=order, orders__season_number=season_number
    )
    return elsewhere.annotate(place=F("orders__number"))


def _markers(content_id: UUID, ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    markers = Marker.objects.filter(content=content_id, episode__in=ids).order_by("start_seconds", "id")
    for row in markers.values("episode_id", *MARKER_COLUMNS):
        found[row["episode_id"]].append({column: row[column] for column in MARKER_COLUMNS})
    return found
