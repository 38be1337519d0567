"""SQL on a named database, beyond the ORM."""

import pytest
from psycopg2 import sql

from streaming.stores.statements import rows, run, scalar

pytestmark = pytest.mark.usefixtures("stores")
ALL_OF_IT = sql.SQL("SELECT {}").format(sql.Literal("100 % of it"))


def test_a_percent_sign_in_a_literal_stands_for_itself() -> None:
    """With an empty tuple for parameters the driver took it for a placeholder: an IndexError."""
    assert scalar("catalog", ALL_OF_IT) == "100 % of it"
    assert rows("catalog", ALL_OF_IT) == [("100 % of it",)]
    run("catalog", ALL_OF_IT)


def test_beside_parameters_it_is_doubled() -> None:
    assert rows("catalog", "SELECT '100 %%', %s::text, %s::int", "of it", 7) == [("100 %", "of it", 7)]
    assert scalar("catalog", "SELECT %s::text || '%%'", "of it") == "of it%"
