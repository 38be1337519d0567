"""Keeping writers off a database."""

from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from django.db import connections

from streaming.stores.replication.fencing import fence, fenced, unfence
from streaming.stores.statements import scalar
from tests.served import until

PRIMARY = "default"
STARTING = """
SELECT count(*) FROM pg_locks
 WHERE locktype = 'object' AND classid = 'pg_database'::regclass AND pid <> pg_backend_pid()
   AND objid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def test_a_session_that_was_starting_when_the_fence_went_up_does_not_write(stores: None) -> None:
    """It has read the old settings and is not listed yet: looked for once, it stayed, and wrote what was lost.

    `post_auth_delay` holds a session at just that point.
    """
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(begin, delay=3)
        until(lambda: scalar(PRIMARY, STARTING) == 1, "the session has read the settings")
        try:
            fence(PRIMARY)
            assert fenced(PRIMARY)
            with pytest.raises(psycopg2.OperationalError):
                starting.result()
            assert begin(delay=0) == "on"
        finally:
            unfence(PRIMARY)

    assert begin(delay=0) == "off"


def begin(*, delay: int) -> str:
    """Whether a new session is read-only."""
    place = connections[PRIMARY].get_connection_params()
    connection = psycopg2.connect(**{**place, "options": f"-c post_auth_delay={delay}"})
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW default_transaction_read_only")
            return str(cursor.fetchone()[0])
    finally:
        connection.close()
