"""A series' seasons on its page, and the episodes of the one that is asked for, as `?season=2&after=100`.

Entry point: `seasons_shown`. Failure: `Http404` for a season that there is not, and for episodes past its last one.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, QueryDict

from catalog.selectors import AIRED, episodes_page, seasons_page
from streaming.api.pages import split_page

MOST_SEASONS = 100  # on a page
MOST_EPISODES = 100  # on a page
LARGEST_NUMBER = 2**31 - 1  # of the column
Season = dict[str, Any]


class SeasonForm(forms.Form):
    season = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_NUMBER)
    after = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_NUMBER)


def seasons_shown(*, content_id: UUID, asked: QueryDict) -> dict[str, Any]:
    """`all` the seasons of a page of them, the `open` one with its `episodes`, and the number `last` shown where more
    follow. `next` is the first season of the next page, and `begins` says whether this is the first one.

    A season beyond the first page begins one. Four queries, two more for such a season, one of a title without any.
    """
    form = SeasonForm(asked)
    if not form.is_valid():
        raise Http404
    number, after = form.cleaned_data["season"], form.cleaned_data["after"]
    seasons, following = _page(content_id, None)
    beyond = number is not None and following is not None and number >= following
    if beyond:
        seasons, following = _page(content_id, number - 1)
    season = _opened(seasons, number)
    shown = {"all": seasons, "open": season, "next": following, "begins": not beyond}
    if season is None:
        return shown
    return shown | _episodes(content_id, season["number"], None if number is None else after)


def _page(content_id: UUID, after: int | None) -> tuple[list[Season], int | None]:
    """The seasons past number `after`, and the number that the next page begins with."""
    found = seasons_page(content_id=content_id, after=after, limit=MOST_SEASONS + 1)
    more = found[MOST_SEASONS:]
    return found[:MOST_SEASONS], more[0]["number"] if more else None


def _opened(seasons: Sequence[Season], number: int | None) -> Season | None:
    """The season of this number. Without one the first that has episodes, specials only where nothing else has."""
    if number is None:
        filled = [season for season in seasons if season["episode_count"]]
        return next((season for season in filled if season["number"]), filled[0] if filled else None)
    named = next((season for season in seasons if season["number"] == number), None)
    if named is None:
        raise Http404
    return named


def _episodes(content_id: UUID, season_number: int, after: int | None) -> dict[str, Any]:
    found = episodes_page(
        content_id=content_id,
        season_number=season_number,
        order=AIRED,
        after=None if after is None else (after, after),
        limit=MOST_EPISODES + 1,
    )
    if after is not None and not found:
        raise Http404
    episodes, last = split_page(found, MOST_EPISODES)
    return {"episodes": episodes, "last": last and last["number"]}
