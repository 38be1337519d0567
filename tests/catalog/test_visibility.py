"""The rule of visibility: rows and values are judged alike, and the next change is the next change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Q
from django.utils import timezone

from catalog.changes.keeping import changes_fill
from catalog.models import Change, Content, SearchDocument
from catalog.selectors import once_public_titles_by_id
from catalog.visibility import (
    CHECKS,
    GATE_FIELDS,
    Audience,
    admits,
    is_open,
    is_public,
    next_answer,
    next_change,
    once_admitted,
    once_public,
    span,
)
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import as_json
from tests.factories import ContentFactory

MICROSECOND = timedelta(microseconds=1)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Around the moments that audiences ask at: the moment itself, its neighbours, and as far away as dates go.
MOMENTS = (
    *(AT, AT - MICROSECOND, AT + MICROSECOND, AT - timedelta(days=1), AT + timedelta(days=1)),
    *(AT - timedelta(days=365), AT + timedelta(days=365)),
    *(datetime(1601, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
)
TERRITORIES = ("DE", "FR", "US", "WW")
KNOWN = ("FSK:0", "FSK:6", "FSK:16", "MPA:R")
UNMAPPED = ("ZZZ:18+", "FSK:ABOUT SEVEN")
LIMITS: tuple[frozenset[str] | None, ...] = (
    None,
    frozenset(),
    frozenset(KNOWN[:1]),
    frozenset(KNOWN[:3]),
    frozenset(KNOWN),
)
PLACES = (None, *TERRITORIES, "JP")
AUDIENCES = [
    *(Audience(AT, territory, labels) for territory in PLACES for labels in LIMITS),
    *(Audience(at, territory, LIMITS[-1]) for at in MOMENTS[1:] for territory in PLACES),
]


def gates(seed: int, count: int) -> list[dict[str, Any]]:
    chance = Random(seed)
    return [_gate(chance) for _ in range(count)]


def _gate(chance: Random) -> dict[str, Any]:
    """Mostly published and dated, so that windows and ratings have their say."""
    status = chance.choice(("published", "published", "published", "draft", "archived", "merged"))
    dated = chance.choice((*MOMENTS, None))
    windows = None if chance.random() < 0.2 else [_span(chance) for _ in range(chance.randint(1, 5))]
    ratings = chance.sample((*KNOWN, *UNMAPPED), chance.choice((0, 1, 1, 2, 3)))
    return {
        "status": status,
        "published_at": AT - timedelta(days=9) if status == "published" and dated is None else dated,
        "availability": windows,
        "maturity": sorted(ratings),
    }


def _span(chance: Random) -> list[Any]:
    start, end = sorted(chance.sample(MOMENTS, 2))
    return span(
        chance.choice(TERRITORIES),
        None if chance.random() < 0.2 else start,
        None if chance.random() < 0.2 else end,
    )


def test_the_query_and_the_values_agree_on_every_title_and_audience(stores: None) -> None:
    """On both tables that have the columns, and on the values as the cache has them."""
    made = gates(seed=5, count=400)
    titles = Content.objects.bulk_create([ContentFactory.build(**gate) for gate in made])
    SearchDocument.objects.bulk_create(
        [
            SearchDocument(content=title, content_type="movie", sort_title="", created_at=AT, **gate)
            for title, gate in zip(titles, made, strict=True)
        ]
    )
    public = {}
    for audience in AUDIENCES:
        public[audience] = {
            title.content_id for title, gate in zip(titles, made, strict=True) if is_public(gate, audience)
        }
        cached = {
            title.content_id
            for title, gate in zip(titles, made, strict=True)
            if is_public(as_json(gate), audience)
        }
        assert cached == public[audience], audience
        for model in (Content, SearchDocument):
            assert found(model, audience) == public[audience], (model, audience)

    # The titles are such that every audience's answer has something to say.
    assert all(0 < len(seen) < 400 for audience, seen in public.items() if audience.labels != frozenset())
    assert not any(seen for audience, seen in public.items() if audience.labels == frozenset())


def found(model: type[Any], audience: Audience) -> set[UUID]:
    return satisfying(model, admits(audience))


def satisfying(model: type[Any], condition: Q) -> set[UUID]:
    rows = model.objects.using(CATALOG).filter(condition).order_by()
    return set(rows.values_list("content_id", flat=True))


def once_seen(gate: dict[str, Any], by: datetime) -> bool:
    """Whether it was public at some moment until then, had its status been this one all the time, or published."""
    moments = (by, *(moment for moment in moments_after(datetime.min.replace(tzinfo=UTC)) if moment <= by))
    published = {**gate, "status": "published"}
    return gate["status"] != "draft" and any(is_public(published, Audience(moment)) for moment in moments)


def test_what_was_once_public_is_the_same_of_rows_of_values_and_of_the_feed(stores: None) -> None:
    """Keeps away an id in the feed of a title whose first window is still to come."""
    made = gates(seed=6, count=400)
    titles = Content.objects.bulk_create([ContentFactory.build(**gate) for gate in made])
    for by in MOMENTS:
        seen = {
            title.content_id for title, gate in zip(titles, made, strict=True) if once_public(gate, by=by)
        }
        assert satisfying(Content, once_admitted(by)) == seen, by
        for gate in made:
            assert once_public(as_json(gate), by=by) == once_public(gate, by=by)

    now = timezone.now()
    seen = {title.content_id for title, gate in zip(titles, made, strict=True) if once_public(gate, by=now)}
    assert 0 < len(seen) < 400
    assert changes_fill() == 400
    assert set(Change.objects.filter(shown=True).values_list("pk", flat=True)) == seen
    assert set(once_public_titles_by_id([title.content_id for title in titles])) == seen


def test_what_was_once_public_was_public_at_some_moment() -> None:
    """The other way round it need not be: a window that ended before the date was open to nobody."""
    for gate in gates(seed=7, count=100):
        for by in MOMENTS:
            if once_seen(gate, by):
                assert once_public(gate, by=by), (gate, by)
    dated = {"status": "archived", "published_at": AT, "maturity": []}
    coming = [span("DE", AT + MICROSECOND, None)]
    assert not once_public({**dated, "availability": coming}, by=AT)
    assert once_public({**dated, "availability": coming}, by=AT + MICROSECOND)
    assert once_public({**dated, "availability": [span("DE", None, AT - MICROSECOND)]}, by=AT)
    assert not once_public({**dated, "availability": []}, by=AT)
    assert not once_public({**dated, "availability": None, "status": "draft"}, by=AT)
    assert not once_public({**dated, "availability": None}, by=AT - MICROSECOND)


def test_each_check_is_decided_alone(stores: None) -> None:
    """A title that fails one check is hidden by it, whatever the others say."""
    audience = Audience(AT, "DE", frozenset(KNOWN))
    good = {
        "status": "published",
        "published_at": AT,
        "availability": [span("DE", AT, AT + MICROSECOND)],
        "maturity": ["FSK:6", "MPA:R"],
    }
    assert is_public(good, audience)
    worse: dict[str, list[dict[str, Any]]] = {
        "published": [{"status": status} for status in ("draft", "archived", "merged")],
        "date": [{"published_at": AT + MICROSECOND}, {"published_at": None}],
        "window": [
            {"availability": [span("DE", AT - MICROSECOND, AT)]},
            {"availability": [span("DE", AT + MICROSECOND, None)]},
            {"availability": [span("FR", None, None)]},
            {"availability": []},
        ],
        "maturity": [{"maturity": []}, {"maturity": ["FSK:6", "ZZZ:18+"]}],
    }
    assert set(worse) == {check.name for check in CHECKS}
    for name, changes in worse.items():
        for change in changes:
            gate = {**good, **change}
            assert [check.name for check in CHECKS if not check.holds(gate, audience)] == [name], change


def test_a_window_holds_from_its_start_until_just_before_its_end() -> None:
    window = span("DE", AT, AT + 2 * MICROSECOND)

    seen = [is_open(window, Audience(AT + step * MICROSECOND, "DE")) for step in range(-1, 3)]

    assert seen == [False, True, True, False]


def everybody(gate: dict[str, Any], at: datetime) -> list[bool]:
    return [is_public(gate, Audience(at, territory)) for territory in PLACES]


def moments_after(after: datetime) -> Iterator[datetime]:
    """Every moment at which anything may happen, those right beside it, and some between."""
    yield after
    for moment, following in pairwise(sorted({*MOMENTS, after})):
        for each in (moment, moment + MICROSECOND, moment + (following - moment) / 2, following):
            if each > after:
                yield each


@pytest.mark.parametrize("seed", range(10))
def test_nothing_changes_before_the_next_change_and_something_does_at_it(seed: int) -> None:
    met = set()
    for gate in gates(seed, 60):
        for after in MOMENTS[:-2]:
            change = next_change(gate, after=after)
            met.add(change is None)
            before = everybody(gate, after)
            for moment in moments_after(after):
                if change is None or moment < change:
                    assert everybody(gate, moment) == before, (gate, after, moment)
            if change is not None:
                assert change > after
                assert everybody(gate, change) != before, (gate, after)
                assert everybody(gate, change - MICROSECOND) == before, (gate, after)
    assert met == {True, False}


@pytest.mark.parametrize("seed", range(10))
def test_an_audience_s_next_answer_is_its_own(seed: int) -> None:
    met = set()
    for gate in gates(seed, 40):
        for territory in (None, "DE", "WW", "JP"):
            for labels in (None, frozenset(KNOWN)):
                for after in MOMENTS[:5]:
                    asked = Audience(after, territory, labels)
                    change = next_answer(gate, asked)
                    met.add(change is None)
                    before = is_public(gate, asked)
                    for moment in moments_after(after):
                        if change is None or moment < change:
                            assert is_public(gate, Audience(moment, territory, labels)) == before
                    if change is not None:
                        assert is_public(gate, Audience(change, territory, labels)) != before
                        assert is_public(gate, Audience(change - MICROSECOND, territory, labels)) == before
                    if territory is not None and labels is None:
                        assert change == next_change(gate, after=after, territory=territory)
    assert met == {True, False}


def test_what_changes_nothing_is_no_change() -> None:
    """A draft's date, a window within another of the same territory, and a territory within the whole world."""
    later, end = AT + timedelta(days=1), AT + timedelta(days=9)
    published = {"status": "published", "published_at": AT, "availability": None, "maturity": []}

    assert next_change({**published, "status": "draft", "published_at": later}, after=AT) is None
    assert next_change(published, after=AT) is None
    inner = [span("DE", None, end), span("DE", AT, later)]
    assert next_change({**published, "availability": inner}, after=AT) == end
    world = [span("WW", None, end), span("DE", later, None)]
    assert next_change({**published, "availability": world}, after=AT) == end
    assert next_change({**published, "availability": world}, after=AT, territory="DE") is None
    assert next_answer({**published, "availability": world}, Audience(AT)) is None
    assert next_change({**published, "published_at": end, "availability": inner}, after=AT) is None


def test_the_values_are_the_columns_of_both_tables() -> None:
    for model in (Content, SearchDocument):
        assert set(GATE_FIELDS) <= {field.name for field in model._meta.get_fields()}
