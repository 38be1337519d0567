"""The publication taken off its tables for one transaction: PostgreSQL refuses to alter a listed column's type.

Writers meet the old column lists or the new ones, never none: what the primary decodes, it decodes with the
catalogue as it stood when the row was committed. Entry point: `off_publication`. Failure: `django.db.Error`s.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS
from streaming.stores.replication.subscription import PUBLICATION, published
from streaming.stores.statements import names, run


@contextmanager
def off_publication() -> Iterator[None]:
    """A transaction on the primary; the column lists are the same after it."""
    publication = sql.Identifier(PUBLICATION)
    with transaction.atomic(using=ANALYTICS):
        listed = published()
        if listed:
            tables = names(list(listed))
            run(ANALYTICS, sql.SQL("ALTER PUBLICATION {} DROP TABLE {}").format(publication, tables))
        yield
        for table, columns in listed.items():
            run(
                ANALYTICS,
                sql.SQL("ALTER PUBLICATION {} ADD TABLE {} ({})").format(
                    publication, sql.Identifier(table), names(columns)
                ),
            )
