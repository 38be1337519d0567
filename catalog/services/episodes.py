"""What holds of a series' seasons and episodes beyond what the database has keys for.

A season's row is there whenever an episode of it is. What hangs on an episode (its places in other orders, its markers)
is of the same title and goes with it. No two rows have one place: that the database's unique keys see to as well, but
their words tell nobody which place it is.

Entry points for `children_save`, which calls them in this order and writes the rows before the last:
`episodes_check`, `episodes_release`, `seasons_add`; imports, which keep what holds themselves, call the second.
Failure: `SeriesRefused`.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from catalog.models import Episode, EpisodeOrder, Marker, Season
from catalog.refusing import ChangeRefused
from catalog.services.rows import only, rows_of
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import KeyedByContent

Rows = Sequence[KeyedByContent]

OF_SERIES = (Season, Episode, EpisodeOrder, Marker)
LARGEST = 99_999
NUMBERS: dict[type[KeyedByContent], tuple[str, ...]] = {
    Season: ("number",),
    Episode: ("season_number", "number", "absolute_number"),
    EpisodeOrder: ("season_number", "number"),
}


class Once(NamedTuple):
    """Columns whose values only one row of a title may have, and what they are called."""

    model: type[KeyedByContent]
    columns: tuple[str, ...]
    called: str

    def of(self, row: KeyedByContent) -> tuple[Any, ...]:
        return tuple(getattr(row, column) for column in self.columns)


ONCE = (
    Once(Season, ("number",), "number"),
    Once(Episode, ("season_number", "number"), "place"),
    Once(EpisodeOrder, ("order", "season_number", "number"), "place"),
    Once(EpisodeOrder, ("order", "episode_id"), "episode"),
)


class SeriesRefused(ChangeRefused):
    """These rows cannot stand beside each other, or beside what is there; the message names the place."""


def episodes_check(*, content_id: UUID, saved: Rows, deleted: Rows) -> None:
    """Raises `SeriesRefused` for what must not be saved beside what is there; the caller holds the title."""
    if not any(isinstance(row, OF_SERIES) for row in (*saved, *deleted)):
        return
    _numbers_are_in_range(saved)
    for once in ONCE:
        _only_one_has(once, content_id, saved, deleted)
    _episodes_are_there(content_id, saved, deleted)
    _seasons_keep_their_episodes(content_id, saved, deleted)


def episodes_release(*, content_ids: Collection[UUID], gone: Collection[UUID]) -> None:
    """Takes out what hangs on episodes of these titles that are deleted."""
    if gone:
        for model in (EpisodeOrder, Marker):
            rows: QuerySet[Any] = model._base_manager.using(CATALOG)
            rows.filter(content_id__in=content_ids, episode__in=gone).delete()


def seasons_add(*, content_id: UUID, saved: Rows) -> None:
    """Adds the seasons of saved episodes that are not there."""
    numbers = {episode.season_number for episode in only(Episode, saved)}
    if numbers:
        there = set(rows_of(content_id, Season).filter(number__in=numbers).values_list("number", flat=True))
        missing = [Season(content_id=content_id, number=number) for number in sorted(numbers - there)]
        Season.objects.using(CATALOG).bulk_create(missing)


def _numbers_are_in_range(saved: Rows) -> None:
    for row in saved:
        for column in NUMBERS.get(type(row), ()):
            number = getattr(row, column)
            if number is not None and not 0 <= number <= LARGEST:
                raise SeriesRefused(f"“{row}” cannot be saved: {column} is to be 0–{LARGEST}.")


def _only_one_has(once: Once, content_id: UUID, saved: Rows, deleted: Rows) -> None:
    rows = only(once.model, saved)
    if not rows:
        return
    wanted = {f"{column}__in": {getattr(row, column) for row in rows} for column in once.columns}
    others = rows_of(content_id, once.model).filter(**wanted)
    leaving = _ids((*rows, *only(once.model, deleted)))
    if once.model is EpisodeOrder:
        others = others.exclude(episode__in=_ids(only(Episode, deleted)))
    taken = {once.of(row): row for row in others.exclude(pk__in=leaving)}
    for row in rows:
        if (other := taken.setdefault(once.of(row), row)) is not row:
            raise SeriesRefused(f"“{row}” cannot be saved: “{other}” has that {once.called}.")


def _episodes_are_there(content_id: UUID, saved: Rows, deleted: Rows) -> None:
    """What hangs on an episode names one of this title that stays."""
    hanging = [row for row in saved if isinstance(row, EpisodeOrder | Marker) and row.episode_id]
    if not hanging:
        return
    named = {row.episode_id for row in hanging}
    there = set(rows_of(content_id, Episode).filter(pk__in=named).values_list("pk", flat=True))
    staying = (there | _ids(only(Episode, saved))) - _ids(only(Episode, deleted))
    for row in hanging:
        if row.episode_id not in staying:
            raise SeriesRefused(f"“{row}” cannot be saved: the title has no such episode.")


def _seasons_keep_their_episodes(content_id: UUID, saved: Rows, deleted: Rows) -> None:
    """A season whose number goes has no episode left that stays under it; one that moves there brings it back."""
    kept, gone = only(Season, saved), only(Season, deleted)
    if not kept and not gone:
        return
    before = rows_of(content_id, Season).filter(pk__in=_ids((*kept, *gone))).values_list("number", flat=True)
    lost = set(before) - {season.number for season in kept}
    episodes = rows_of(content_id, Episode).filter(season_number__in=lost)
    left = episodes.exclude(pk__in=_ids((*only(Episode, saved), *only(Episode, deleted))))
    episode = left.order_by("season_number", "number").first() if lost else None
    if episode is not None:
        raise SeriesRefused(
            f"Season {episode.season_number} has “{episode}”: move or delete its episodes first."
        )


def _ids(rows: Iterable[KeyedByContent]) -> set[UUID]:
    return {row.pk for row in rows}
