"""The rule of visibility: rows and values are judged alike, and the next change is the next change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.changes.keeping import changes_fill
from catalog.models import AvailabilityWindow, Change, Content, SearchDocument
from catalog.selectors import once_public_titles_by_id
from catalog.services import contents_touch
from catalog.visibility import (
    CHECKS,
    EVER_SINCE,
    FOR_EVER,
    GATE_FIELDS,
    Audience,
    admits,
    is_open,
    is_public,
    next_answer,
    next_change,
    once_admitted,
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


def opened_by(gate: dict[str, Any], by: datetime) -> bool:
    """Whether it is no draft, dated by then, and some window had begun or there are none."""
    spans = gate["availability"]
    dated = gate["published_at"] is not None and gate["published_at"] <= by
    at = (by - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND
    return (
        gate["status"] != "draft" and dated and (spans is None or any(start <= at for _, start, _ in spans))
    )


def test_what_may_have_been_public_is_what_was_opened_and_no_draft(stores: None) -> None:
    made = gates(seed=6, count=400)
    titles = Content.objects.bulk_create([ContentFactory.build(**gate) for gate in made])
    for by in MOMENTS:
        opened = {title.content_id for title, gate in zip(titles, made, strict=True) if opened_by(gate, by)}
        assert satisfying(Content, once_admitted(by)) == opened, by
        public = {title.content_id for title, gate in zip(titles, made, strict=True) if once_seen(gate, by)}
        assert public <= opened, by

    now = timezone.now()
    opened = {title.content_id for title, gate in zip(titles, made, strict=True) if opened_by(gate, now)}
    assert 0 < len(opened) < 400
    assert set(once_public_titles_by_id([title.content_id for title in titles])) == opened


def test_the_feed_tells_of_titles_that_somebody_saw_and_of_no_others(
    stores: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a title was, became by time while nobody looked, and was made of then.

    Keeps away: the id of a draft in the feed, which had a date of the past when it was archived.
    """
    first, last = AT - timedelta(days=2), AT + timedelta(days=2)
    before, after = (list(map(one_window_a_territory, gates(seed=seed, count=400))) for seed in (6, 8))
    titles = Content.objects.bulk_create([ContentFactory.build(content_id=uuid4()) for _ in before])
    ids = [title.content_id for title in titles]
    for at, made in ((first, before), (last, after)):
        with transaction.atomic(using=CATALOG):
            write_gates(ids, made)
            with monkeypatch.context() as clock:
                clock.setattr("catalog.services.touching.timezone.now", lambda at=at: at)
                contents_touch(ids)

    moments = [first, *(moment for moment in moments_after(first) if moment < last)]
    seen = {
        content_id
        for content_id, was, became in zip(ids, before, after, strict=True)
        if any(is_public(was, Audience(at)) for at in moments) or is_public(became, Audience(last))
    }
    assert 0 < len(seen) < 400
    assert set(Change.objects.filter(shown=True).values_list("pk", flat=True)) == seen


def test_what_the_feed_lacks_is_filled_in_as_what_somebody_can_see_or_could_by_time(stores: None) -> None:
    """`next_change_at` has passed where the worker has not looked yet; what it showed may be hidden again."""
    now = timezone.now()
    shown = [ContentFactory(), ContentFactory(status="published", availability=[], next_change_at=now)]
    ContentFactory(published_at=now + timedelta(days=1), next_change_at=now + timedelta(days=1))
    ContentFactory(status="archived")

    assert changes_fill() == 4
    assert set(Change.objects.filter(shown=True).values_list("pk", flat=True)) == {
        title.content_id for title in shown
    }


def one_window_a_territory(gate: dict[str, Any]) -> dict[str, Any]:
    """As rows may stand beside each other."""
    spans = {each[0]: each for each in gate["availability"] or ()}
    return {**gate, "availability": list(spans.values()) or None}


def write_gates(ids: list[UUID], made: list[dict[str, Any]]) -> None:
    """What a title's row says, and its windows; without a touch."""
    AvailabilityWindow.objects.filter(content_id__in=ids).delete()
    for content_id, gate in zip(ids, made, strict=True):
        Content.objects.filter(pk=content_id).update(status=gate["status"], published_at=gate["published_at"])
    AvailabilityWindow.objects.bulk_create(
        AvailabilityWindow(
            content_id=content_id, territory=territory, starts_at=instant(start), ends_at=instant(end)
        )
        for content_id, gate in zip(ids, made, strict=True)
        for territory, start, end in gate["availability"] or ()
    )


def instant(micros: int) -> datetime | None:
    endless = micros in (EVER_SINCE, FOR_EVER)
    return None if endless else datetime(1970, 1, 1, tzinfo=UTC) + micros * MICROSECOND


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
    assert next_answer({**published, "availability": world}, Audience(AT, "DE")) is None
    assert next_answer({**published, "availability": world}, Audience(AT)) is None
    assert next_change({**published, "published_at": end, "availability": inner}, after=AT) is None


def test_the_values_are_the_columns_of_both_tables() -> None:
    for model in (Content, SearchDocument):
        assert set(GATE_FIELDS) <= {field.name for field in model._meta.get_fields()}
