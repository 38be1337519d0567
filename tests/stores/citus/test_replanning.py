"""A statement whose plan was outdated is sent again, once, and never inside a transaction."""

from collections.abc import Iterator

import pytest
from django.db import InternalError, connections, transaction

from streaming.stores.aliases import CATALOG
from streaming.stores.citus.replanning import replanned

# What Citus says at the switch of a table, which lasts a moment: here by PostgreSQL, as often as it is told to.
STATEMENT = """
DO $$ BEGIN
    IF nextval('outdated') <= {times} THEN RAISE '{text}' USING ERRCODE = 'XX000'; END IF;
END $$
"""
OUTDATED = "could not find valid entry for shard 102076"


@pytest.fixture
def outdated(stores: None) -> Iterator[None]:
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("CREATE TEMPORARY SEQUENCE outdated")
        yield
        cursor.execute("DROP SEQUENCE outdated")


def run(*, times: int, text: str = OUTDATED) -> None:
    with replanned(), connections[CATALOG].cursor() as cursor:
        cursor.execute(STATEMENT.format(times=times, text=text))


def attempts() -> int:
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("SELECT last_value FROM outdated")
        return int(cursor.fetchone()[0])


def test_it_is_sent_again(outdated: None) -> None:
    """A read planned in the moment in which its table became distributed was answered with an error."""
    run(times=1)

    assert attempts() == 2


def test_it_is_sent_again_once(outdated: None) -> None:
    with pytest.raises(InternalError, match=OUTDATED):
        run(times=9)

    assert attempts() == 2


def test_another_internal_error_stays_one(outdated: None) -> None:
    with pytest.raises(InternalError, match="something else"):
        run(times=1, text="something else")

    assert attempts() == 1


def test_a_transaction_is_not_gone_on_with(outdated: None) -> None:
    with pytest.raises(InternalError, match=OUTDATED), transaction.atomic(using=CATALOG):
        run(times=1)

    assert attempts() == 1
