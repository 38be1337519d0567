"""A series' seasons on its page, and the episodes of the one that is asked for, as `?season=2&after=100`.

Entry point: `seasons_shown`. Failure: none of its own; a season that there is not, or that has no episodes yet, is
answered with the first that has some.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from catalog.selectors import AIRED, episodes_page, seasons_page
from streaming.api.pages import split_page

MOST_SEASONS = 100
MOST_EPISODES = 100  # on a page
LARGEST_NUMBER = 2**31 - 1  # of the column


class SeasonForm(forms.Form):
    season = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_NUMBER)
    after = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_NUMBER)


def seasons_shown(*, content_id: UUID, asked: QueryDict) -> dict[str, Any]:
    """`all` the seasons, the `open` one with its `episodes`, and the number `last` shown where more follow.

    Four queries, one of a title without seasons.
    """
    seasons = seasons_page(content_id=content_id, after=None, limit=MOST_SEASONS)
    form = SeasonForm(asked)
    form.is_valid()
    number, after = form.cleaned_data.get("season"), form.cleaned_data.get("after")
    season = _opened(seasons, number)
    if season is None:
        return {"all": seasons, "open": None}
    if season["number"] != number:
        after = None
    found = episodes_page(
        content_id=content_id,
        season_number=season["number"],
        order=AIRED,
        after=None if after is None else (after, after),
        limit=MOST_EPISODES + 1,
    )
    episodes, last = split_page(found, MOST_EPISODES)
    return {"all": seasons, "open": season, "episodes": episodes, "last": last and last["number"]}


def _opened(seasons: Sequence[dict[str, Any]], number: int | None) -> dict[str, Any] | None:
    """The season of this number, else the first that has episodes, specials only where nothing else has."""
    filled = [season for season in seasons if season["episode_count"]]
    return next(
        (season for season in filled if season["number"] == number),
        next((season for season in filled if season["number"]), filled[0] if filled else None),
    )
