"""A reader that follows its cursor misses nothing, whatever order concurrent writers commit in."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connections, transaction

from catalog.models import Content
from catalog.services import content_save, contents_delete, contents_set_status
from streaming.stores.aliases import CATALOG
from streaming.stores.statements import scalar
from tests.catalog.changes.following import ByNumber, ByTime, Follower, Picture, public_catalog
from tests.factories import LONG_AGO
from tests.served import until

pytestmark = pytest.mark.usefixtures("stores")
WRITERS, TURNS = 5, 25


class RolledBack(Exception):
    pass


def test_what_commits_late_is_told_and_readers_by_number_or_time_would_have_missed_it() -> None:
    follower, by_number, by_time = Follower(), ByNumber(), ByTime(LONG_AGO)
    readers: tuple[Any, ...] = (follower, by_number, by_time)
    with transaction.atomic(using=CATALOG):
        content_save(content=Content(title="written first", content_type="movie", status="published"))
        with ThreadPoolExecutor(1) as another:
            another.submit(_create, "earliest commit").result()
            another.submit(_poll_all, readers).result()
            assert (set(follower.picture.values()), set(by_number.picture.values())) == (
                set(),
                {"earliest commit"},
            )

    follower.catch_up()
    for reader in (by_number, by_time):
        reader.poll()
    assert follower.picture == public_catalog()
    assert set(follower.picture.values()) == {"written first", "earliest commit"}
    assert set(by_number.picture.values()) == set(by_time.picture.values()) == {"earliest commit"}


@pytest.mark.slow
def test_a_follower_of_many_writers_ends_with_the_catalog_as_it_is() -> None:
    """Creates, changes, status, deletions, some rolled back, with waits in the midst of transactions."""
    shared: list[UUID] = []
    ended = threading.Event()
    follower, by_number, by_time = Follower(), ByNumber(), ByTime(LONG_AGO)
    late = Follower(limit=1000)  # begins in the midst

    def follow() -> None:
        try:
            polls = 0
            while not ended.is_set():
                _poll_all((follower, by_number, by_time, *([late] if polls > 20 else [])))
                polls += 1
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        following = pool.submit(follow)
        overtaken = pool.submit(_write_and_be_overtaken, by_number, by_time)
        for writing in [pool.submit(_write, seed, shared) for seed in range(WRITERS)]:
            writing.result()
        late_committer = overtaken.result()
        ended.set()
        following.result()
    catalog = public_catalog()
    assert len(catalog) > WRITERS
    for reader in (follower, late):
        until(partial(_agrees, reader, catalog), "other databases' transactions end")
    for naive in (by_number, by_time):
        naive.poll()

    # There was what these readers cannot stand: a title that was written before and committed after others.
    assert late_committer in catalog
    assert late_committer not in by_number.picture
    assert late_committer not in by_time.picture


def _agrees(reader: Follower, catalog: Picture) -> bool:
    reader.catch_up()
    return reader.picture == catalog


def _poll_all(readers: tuple[Any, ...]) -> None:
    for reader in readers:
        reader.poll()


def _create(title: str) -> UUID:
    try:
        return content_save(content=Content(title=title, content_type="movie", status="published")).content_id
    finally:
        connections.close_all()


def _write_and_be_overtaken(by_number: ByNumber, by_time: ByTime) -> UUID:
    """Commits only when the readers have seen what others wrote later."""
    try:
        with transaction.atomic(using=CATALOG):
            late = content_save(content=Content(title="late", content_type="movie", status="published"))
            position = scalar(CATALOG, "SELECT pg_current_xact_id()::text::bigint")
            until(
                lambda: by_number.last > position and by_time.last > late.updated_at,
                "others commit, and are seen",
            )
        return late.content_id
    finally:
        connections.close_all()


def _write(seed: int, shared: list[UUID]) -> None:
    """One writer's transactions; titles are shared, so that writers meet."""
    chance = random.Random(seed)
    try:
        for turn in range(TURNS):
            try:
                with transaction.atomic(using=CATALOG):
                    made = _change(chance, f"{seed}/{turn}", shared)
                    _wait(chance)
                    if chance.random() < 0.15:
                        raise RolledBack
                shared += made
            except (RolledBack, OperationalError):  # a deadlock of two writers is a rollback like another
                continue
    finally:
        connections.close_all()


def _change(chance: random.Random, name: str, shared: list[UUID]) -> list[UUID]:
    """Changes one title or two; the ids that it made."""
    _wait(chance)
    known = sorted(chance.sample(shared, min(2, len(shared))))
    kind = chance.choice(("create", "create", "change", "change", "change", "status", "status", "delete"))
    if kind == "create" or not known:
        status = chance.choice(("published", "published", "draft"))
        return [content_save(content=Content(title=name, content_type="movie", status=status)).content_id]
    if kind == "delete":
        contents_delete(content_ids=known[:1])
    elif kind == "status":
        status = chance.choice((Content.Status.PUBLISHED, Content.Status.ARCHIVED, Content.Status.DRAFT))
        contents_set_status(content_ids=known, status=status)
    else:
        for title in Content.objects.select_for_update().filter(content_id=known[0]):
            title.title = name
            content_save(content=title)
    return []


def _wait(chance: random.Random) -> None:
    """In the server and within the transaction: the schedule of the test, not a wait for something."""
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [chance.random() ** 3 * 0.2])
