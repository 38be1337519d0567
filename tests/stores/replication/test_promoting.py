"""The replica becomes the primary: planned, interrupted, taken back, or without the old one; and life goes on there."""

import json
import subprocess
import sys

import pytest

from dev import faults
from tests.served import ROOT, until
from tests.stores.replication.pairs import PRIMARY, REPLICA, Pair, connected

STEPS = (
    "the replica is equal",
    "the full schema built",
    "the primary is fenced",
    "subscription analytics_sub dropped",
    "37 rows of django_content_type",
)
COUNTS = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM user_watch_history)"
ACCOUNTS = "SELECT user_id, username, email, password, is_staff, registration_date FROM users ORDER BY 1"
PLAYS = "SELECT * FROM user_watch_history ORDER BY 1"
ADA = """
from analytics.models import User
from django.contrib.auth.models import Group
User.objects.create_user("ada", "ada@example.org", "correct horse battery")
Group.objects.create(name="editors")
Group.objects.create(name="left").delete()
"""
# On the swapped variables, through the web's own views: log in, read history, write as the services do.
LIFE = """
import json, uuid
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken
from analytics.models import User, WatchHistory
api = APIClient(headers={"host": "localhost"})
def post(path, **body):
    return api.post(path, body, format="json")
login = post("/api/v1/auth/token", username="ada", password="correct horse battery")
again = post("/api/v1/auth/token", username="ada", password="correct horse battery")
taken = post("/api/v1/auth/register", username="Viewer7", email="x@example.org", password="correct horse battery")
new = post("/api/v1/auth/register", username="grace", email="grace@example.org", password="correct horse battery")
viewer = User.objects.get(username="viewer7")
play = WatchHistory.objects.create(
    user=viewer, content_id=uuid.uuid4(), watched_at=timezone.now(), duration_watched_seconds=1, last_position_seconds=1
)
token = RefreshToken.for_user(viewer).access_token
history = api.get(f"/api/v1/content/users/{viewer.pk}/watch-history", headers={"authorization": f"Bearer {token}"})
print(json.dumps({
    "codes": [answer.status_code for answer in (login, again, taken, new, history)],
    "plays": len(history.json()),
    "group": Group.objects.create(name="later").pk,
}))
"""


def test_a_planned_promotion_loses_nothing_and_the_platform_lives_on(pair: Pair) -> None:
    assert pair.manage("shell", "-v0", "-c", ADA).code == 0
    accounts, plays = pair.rows(PRIMARY, ACCOUNTS), pair.rows(PRIMARY, PLAYS)
    swapped = pair.swapped()

    promoted = pair.replication("promote")
    told = pair.replication("status")
    life = swapped.manage("shell", "-v0", "-c", LIFE)

    assert promoted.code == 0, promoted.err
    assert f"    ANALYTICS_DATABASE_URL          → {pair.variables[f'{REPLICA}_URL']}" in promoted.lines
    assert "✗ The replica has been promoted, and the variables still name it as the replica." in told.out
    assert life.code == 0, life.err
    # The group that was deleted had id 2: it is not given out again.
    assert json.loads(life.out) == {"codes": [200, 200, 409, 201, 200], "plays": 5, "group": 3}
    assert [row for row in swapped.rows(PRIMARY, ACCOUNTS) if row[1] != "grace"] == accounts
    assert set(plays) < set(swapped.rows(PRIMARY, PLAYS))
    assert swapped.rows(PRIMARY, COUNTS) == [(52, 201)]

    before, rebuilt = swapped.replication("status"), swapped.replication("resync")

    assert (
        "✗ The replica is not subscribed: reads go to the primary.\n    → manage.py replication resync"
        in before.out
    )
    assert rebuilt.code == 0, rebuilt.err
    assert rebuilt.lines[-1].startswith("compared 253 rows in 2 ranges: 0 missing")
    assert swapped.replication("status").lines[-1] == "replication is sound"
    assert swapped.value(REPLICA, "SELECT max(email) FROM users") == ""
    assert swapped.value(REPLICA, "SELECT to_regclass('public.django_session') IS NULL")


def test_the_old_primary_takes_no_writes_after_it(pair: Pair) -> None:
    assert pair.replication("promote").code == 0

    refused = pair.manage("shell", "-v0", "-c", ADA)
    resync = pair.replication("resync")

    assert "cannot execute INSERT in a read-only transaction" in refused.err
    assert resync.code == 2
    assert resync.err == (
        "CommandError: the replica has been promoted: change the variables, "
        "`manage.py replication promote` says which.\n"
    )
    assert pair.rows(PRIMARY, COUNTS) == [(50, 200)]


@pytest.mark.slow
def test_a_promotion_killed_at_any_step_is_finished_by_the_next(pair: Pair) -> None:
    before = pair.rows(PRIMARY, ACCOUNTS), pair.rows(PRIMARY, PLAYS)
    for step in STEPS:
        pair.killed_at(step, "promote")

    finished = pair.replication("promote")
    again = pair.replication("promote")

    assert finished.code == again.code == 0, finished.err
    assert again.lines[0] == "the replica is a primary already"
    assert (pair.rows(REPLICA, ACCOUNTS), pair.rows(REPLICA, PLAYS)) == before
    assert pair.value(REPLICA, "SELECT to_regnamespace('promoted') IS NULL")


@pytest.mark.slow
@pytest.mark.parametrize("step", ["the primary is fenced", "37 rows of django_content_type"])
def test_a_promotion_that_was_begun_can_be_taken_back(pair: Pair, step: str) -> None:
    pair.killed_at(step, "promote")
    seen = pair.replication("status")

    undone = pair.replication("promote", "--undo")
    written = pair.manage("shell", "-v0", "-c", ADA)
    repaired = pair.replication("resync")

    assert "✗ The primary takes no writes: a promotion was begun and not finished." in seen.out
    assert undone.code == written.code == repaired.code == 0, undone.err + written.err + repaired.err
    assert undone.lines[:2] == ["what was built on the replica is dropped", "the primary takes writes again"]
    assert repaired.lines[-1].startswith("compared 251 rows in 2 ranges: 0 missing")


@pytest.mark.slow
def test_variables_that_were_swapped_before_the_promotion_was_finished_cost_no_account(pair: Pair) -> None:
    """`resync` took the fenced primary for a former one, and dropped the only accounts and passwords there were."""
    accounts = pair.rows(PRIMARY, ACCOUNTS)
    pair.killed_at("the primary is fenced", "promote")
    swapped = pair.swapped()

    seen = swapped.replication("status")
    refused = [
        swapped.replication(*arguments)
        for arguments in (["resync"], ["setup"], ["promote"], ["promote", "--undo"])
    ]
    kept = pair.rows(PRIMARY, ACCOUNTS)
    finished = pair.replication("promote")

    assert seen.code == 1
    assert [line for line in seen.lines if line.startswith("✗")] == [
        "✗ The variables name as the primary what is no primary yet, and as the replica the only whole copy."
    ]
    assert [ran.code for ran in refused] == [2, 2, 2, 2], [ran.err for ran in refused]
    assert refused[0].err == (
        "CommandError: the primary's address leads to a database without accounts: nothing that the replica has may "
        "be dropped; see `manage.py replication status`.\n"
    )
    assert kept == accounts
    assert finished.code == 0, finished.err
    assert pair.rows(REPLICA, ACCOUNTS) == accounts


@pytest.mark.slow
def test_a_promotion_under_way_is_not_taken_back(pair: Pair) -> None:
    """`--undo` took no lock: it gave the primary its writers back while the promotion waited for its last step."""
    command = [sys.executable, "-u", "manage.py", "replication", "promote"]
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'django_migrations'::regclass"
    with connected(pair.variables, REPLICA) as reader:
        reader.execute("BEGIN; SELECT count(*) FROM django_migrations")
        with subprocess.Popen(command, env=pair.variables, cwd=ROOT, stdout=subprocess.PIPE) as promoting:
            until(lambda: pair.value(REPLICA, waiting) == 1, "the promotion waits for its last step")
            undone = pair.manage("shell", "-v0", "-c", UNDO)
            reader.execute("COMMIT")
            promoting.communicate(timeout=60)

    assert undone.out == "another set-up, resync or promotion is at work on the replica\n", undone.err
    assert promoting.returncode == 0
    assert pair.value(PRIMARY, "SHOW default_transaction_read_only") == "on"


@pytest.mark.slow
def test_an_undo_killed_half_way_leaves_no_stale_copy_to_promote(pair: Pair) -> None:
    """Writers were let in before the note was dropped that the replica has all there is: without the primary the
    next promotion believed the note.
    """
    pair.killed_at("subscription analytics_sub dropped", "promote")
    assert pair.manage("shell", "-v0", "-c", UNDO_STOPPED).code == 9
    lost = Pair(pair.instance, {**pair.variables, f"{PRIMARY}_URL": NOWHERE})

    refused = lost.replication("promote", "--primary-lost", "--without-passwords")

    assert refused.code == 2
    assert refused.err == (
        "CommandError: The replica is not subscribed, so nothing says that it is whole: restore a backup.\n"
    )


def test_a_replica_that_freezes_behind_the_fence_gives_the_primary_back(pair: Pair) -> None:
    """No statement had a limit: writers were refused until somebody noticed."""
    try:
        promoted = pair.manage("shell", "-v0", "-c", FREEZE.format(name=pair.instance.name), seconds=40)
        writable = pair.value(PRIMARY, "SHOW default_transaction_read_only")
    finally:
        faults.thaw(pair.instance, "replica")

    assert promoted.out.splitlines()[-1:] == [
        "Failed: The replica does not follow (the database server is silent), the primary takes writes again"
    ], promoted.err
    assert writable == "off"
    assert pair.manage("shell", "-v0", "-c", ADA).code == 0


UNDO = """
from streaming.stores.replication import leaving
from streaming.stores.replication.promotion import promoting
leaving.SECONDS_FOR_LOCK = 0.5
try:
    promoting.undo(note=print)
except leaving.AnotherAtWork as error:
    print(error)
"""
UNDO_STOPPED = """
import os
from streaming.stores.replication.promotion.promoting import undo
undo(note=lambda line: os._exit(9))
"""
NOWHERE = "postgresql://streaming@127.0.0.1:1/gone"
FREEZE = """
from analytics.replication import published_columns
from dev import faults
from dev.instance import Instance
from streaming.stores.refusal import Failed
from streaming.stores.replication.promotion.promoting import promote
def note(line):
    if line.startswith("the primary is fenced"):
        faults.freeze(Instance.named("{name}"), "replica")
try:
    promote(published_columns(), note=note)
except Failed as error:
    print(f"{{type(error).__name__}}: {{error}}")
"""


def test_a_promotion_that_makes_no_sense_is_refused_and_changes_nothing(pair: Pair) -> None:
    alive = pair.replication("promote", "--primary-lost", "--without-passwords")
    unasked = pair.replication("promote", "--primary-lost")
    pair.rows(REPLICA, "DELETE FROM user_watch_history")
    diverged = pair.replication("promote")
    pair.rows(REPLICA, "ALTER SUBSCRIPTION analytics_sub DISABLE")
    pair.rows(PRIMARY, "UPDATE users SET username = username || ' renamed'")
    lagging = pair.replication("promote")
    pair.rows(REPLICA, "ALTER SUBSCRIPTION analytics_sub SET (slot_name = NONE)")
    pair.rows(REPLICA, "DROP SUBSCRIPTION analytics_sub")
    unsubscribed = pair.replication("promote")

    assert [ran.code for ran in (alive, unasked, diverged, lagging, unsubscribed)] == [2, 1, 2, 2, 2]
    assert alive.err == (
        "CommandError: The primary answers: run `manage.py replication promote` without --primary-lost.\n"
    )
    assert "passwords" in unasked.err and "To accept that, add --without-passwords." in unasked.err
    assert diverged.err == (
        "CommandError: The replica has diverged, see `manage.py replication check`: "
        "run `manage.py replication resync` first.\n"
    )
    assert lagging.err.startswith("CommandError: The replica lags (the replica has not applied ")
    assert unsubscribed.err == (
        "CommandError: The replica is not subscribed: run `manage.py replication resync` first.\n"
    )
    pair.rows(PRIMARY, "UPDATE users SET username = split_part(username, ' ', 1)")


@pytest.mark.slow
def test_without_the_primary_plays_and_names_are_kept_and_nobody_can_log_in(pair: Pair) -> None:
    names = pair.rows(PRIMARY, "SELECT user_id, username, registration_date FROM users ORDER BY 1")
    plays = pair.rows(PRIMARY, PLAYS)
    lost = Pair(pair.instance, {**pair.variables, f"{PRIMARY}_URL": NOWHERE})

    seen = lost.replication("status")
    lost.killed_at("subscription analytics_sub dropped", "promote", "--primary-lost", "--without-passwords")
    promoted = lost.replication("promote", "--primary-lost", "--without-passwords")
    swapped = lost.swapped()

    assert seen.code == 1
    assert "where it is lost for good, see docs/operations/replication.md" in seen.out
    assert promoted.code == 0, promoted.err
    assert "50 rows of users kept, with their published columns only" in promoted.lines
    assert swapped.rows(PRIMARY, "SELECT user_id, username, registration_date FROM users ORDER BY 1") == names
    assert swapped.rows(PRIMARY, PLAYS) == plays
    assert swapped.rows(PRIMARY, "SELECT DISTINCT email, is_staff, is_active FROM users") == [
        ("", False, True)
    ]
    assert swapped.value(PRIMARY, "SELECT count(DISTINCT password) FROM users WHERE password LIKE '!%'") == 50
    life = swapped.manage("shell", "-v0", "-c", LIFE_WITHOUT_PASSWORDS)
    assert json.loads(life.out) == [401, 201, 200], life.err


LIFE_WITHOUT_PASSWORDS = """
import json
from rest_framework.test import APIClient
api = APIClient(headers={"host": "localhost"})
def post(path, **body):
    return api.post(path, body, format="json").status_code
print(json.dumps([
    post("/api/v1/auth/token", username="viewer1", password="!"),
    post("/api/v1/auth/register", username="ada", email="ada@example.org", password="correct horse battery"),
    post("/api/v1/auth/token", username="ada", password="correct horse battery"),
]))
"""
