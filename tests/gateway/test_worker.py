"""`manage.py worker`, as the process that compose starts."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from catalog.models import Change, SearchDocument
from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from tests.factories import ContentFactory
from tests.served import PATIENCE_SECONDS, until
from trending.counters import count_view
from trending.models import TrendingDaily

DAY = date(2020, 2, 28)
NEXT = DAY + timedelta(days=1)
URLS = {
    "CATALOG_DATABASE_URL": CATALOG,
    "ANALYTICS_DATABASE_URL": ANALYTICS,
    "ANALYTICS_REPLICA_DATABASE_URL": REPLICA,
}


def test_it_flushes_deletes_expired_tokens_and_ends_on_sigterm(stores: None, tmp_path: Path) -> None:
    title = ContentFactory()
    heartbeat = tmp_path / "alive"
    now = datetime.now(UTC)
    for jti, expires_at in (("old", now - timedelta(hours=1)), ("new", now + timedelta(hours=1))):
        OutstandingToken.objects.create(jti=jti, token=jti, expires_at=expires_at)
    count_view(content_id=title.content_id, today=DAY)
    count_view(content_id=title.content_id, today=NEXT)

    with working("--flush-seconds", "0.1", "--heartbeat", str(heartbeat)) as worker:
        until(heartbeat.exists, "a round ends")
        assert rows() == {(DAY, title.content_id): 1, (NEXT, title.content_id): 1}
        assert list(OutstandingToken.objects.values_list("jti", flat=True)) == ["new"]

        count_view(content_id=title.content_id, today=NEXT)
        until(lambda: rows()[NEXT, title.content_id] == 2, "a later round writes")

        said = ended(worker, signal.SIGTERM)
    first = said.splitlines()[0]
    assert first.endswith(
        "INFO streaming.gateway.worker views written: 2020-02-28 1 title, 2020-02-29 1 title"
    )


def test_a_round_in_which_nothing_happened_says_nothing(stores: None, tmp_path: Path) -> None:
    """Views of the day that were written long ago were told of each minute."""
    heartbeat = tmp_path / "alive"
    count_view(content_id=ContentFactory().content_id, today=DAY)

    with working("--flush-seconds", "0.05", "--heartbeat", str(heartbeat)) as worker:
        until(heartbeat.exists, "a round ends")
        for _ in range(3):
            ended_once = heartbeat.stat().st_mtime_ns
            until(lambda: heartbeat.stat().st_mtime_ns > ended_once, "another round ends")  # noqa: B023
        said = ended(worker, signal.SIGTERM).splitlines()

    assert [line.split("streaming.gateway.worker ")[1] for line in said] == [
        "views written: 2020-02-28 1 title",
        "1 search document was missing",
    ]


def test_it_notes_what_the_dates_of_titles_have_shown(stores: None, tmp_path: Path) -> None:
    due = ContentFactory(next_change_at=datetime.now(UTC) - timedelta(hours=1))

    with working("--flush-seconds", "3600", "--heartbeat", str(tmp_path / "alive")) as worker:
        until((tmp_path / "alive").exists, "a round ends")
        said = ended(worker, signal.SIGTERM)

    assert "INFO streaming.gateway.worker 1 title shown or hidden by its dates\n" in said
    assert Change.objects.get(pk=due.pk).shown is True
    due.refresh_from_db()
    assert due.next_change_at is None


def test_it_writes_the_search_documents_that_are_missing(stores: None, tmp_path: Path) -> None:
    ContentFactory.create_batch(2)

    with working("--flush-seconds", "3600", "--heartbeat", str(tmp_path / "alive")) as worker:
        until((tmp_path / "alive").exists, "a round ends")
        said = ended(worker, signal.SIGTERM)

    assert "INFO streaming.gateway.worker 2 search documents were missing\n" in said
    assert SearchDocument.objects.count() == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_in_the_pause_between_rounds(
    stores: None, tmp_path: Path, number: signal.Signals
) -> None:
    heartbeat = tmp_path / "alive"

    with working("--flush-seconds", "3600", "--heartbeat", str(heartbeat)) as worker:
        until(heartbeat.exists, "a round ends")
        assert ended(worker, number) == ""


NEEDS = {
    "STATE_URL": {"flush of views"},
    "CATALOG_DATABASE_URL": {
        *("flush of views", "popularity", "visibility"),
        *("rewriting of stale search documents", "writing of missing search documents"),
    },
    "ANALYTICS_DATABASE_URL": {"deletion of expired tokens"},
}


@pytest.mark.parametrize("variable", NEEDS)
def test_a_store_that_is_away_is_logged_and_the_next_round_goes_on(
    stores: None, tmp_path: Path, variable: str
) -> None:
    heartbeat = tmp_path / "alive"
    parts = urlsplit(os.environ[variable])
    address = parts._replace(netloc=f"streaming@{parts.hostname}:1").geturl()

    with working("--flush-seconds", "0.05", "--heartbeat", str(heartbeat), **{variable: address}) as worker:
        until(heartbeat.exists, "a round ends")
        ended_once = heartbeat.stat().st_mtime_ns
        until(lambda: heartbeat.stat().st_mtime_ns > ended_once, "another round ends")
        lines = ended(worker, signal.SIGTERM).splitlines()

    assert len(lines) >= 2
    put_off = [re.search(r"WARNING streaming\.gateway\.worker (.+) put off: ", line) for line in lines]
    assert {said and said[1] for said in put_off} == NEEDS[variable]


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon", "3601"])
def test_a_pause_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="is not a number of seconds above 0, at most 3600"):
        call_command("worker", f"--flush-seconds={text}")


@contextmanager
def working(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A worker on the stores of this test."""
    databases = {
        variable: urlsplit(os.environ[variable])
        ._replace(path=f"/{connections[alias].settings_dict['NAME']}")
        .geturl()
        for variable, alias in URLS.items()
    }
    worker = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "worker", *arguments],
        env={**os.environ, **databases, **variables},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def ended(worker: subprocess.Popen[str], number: signal.Signals) -> str:
    """Sends the signal; what the worker had said on standard error once it has ended well."""
    worker.send_signal(number)
    _, said = worker.communicate(timeout=PATIENCE_SECONDS)
    assert worker.returncode == 0, said
    return said


def rows() -> dict[tuple[date, UUID], int]:
    return {
        (day, content_id): views
        for day, content_id, views in TrendingDaily.objects.values_list("date", "content_id", "views")
    }
