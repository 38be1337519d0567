"""Watching a job that moves shards, where there is none; with one: tests/citus/test_workers.py."""

import pytest
from django.db import ProgrammingError

from streaming.stores.citus import jobs
from streaming.stores.citus.jobs import Job
from streaming.stores.refusal import Failed
from streaming.stores.statements import scalar


def test_a_watch_that_fails_gives_the_session_its_time_back(stores: None) -> None:
    """Whatever came next on that session, tidying up for one, was cut off after three seconds."""
    before = scalar("catalog", "SHOW statement_timeout")
    stuck = Job(id=1, state="running", done=0, moves=1, tries=jobs.TRIES_WATCHED, message="ERROR: no")

    with pytest.raises((Failed, ProgrammingError)):  # the latter on plain PostgreSQL, which knows no jobs
        list(jobs.watch(stuck))

    assert scalar("catalog", "SHOW statement_timeout") == before


def test_a_watch_that_is_given_up_gives_it_back_too(stores: None) -> None:
    before = scalar("catalog", "SHOW statement_timeout")

    with jobs._limited():
        limited = scalar("catalog", "SHOW statement_timeout")

    assert (limited, scalar("catalog", "SHOW statement_timeout")) == (f"{jobs.PROGRESS_SECONDS}s", before)
