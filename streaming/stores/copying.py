"""Loading rows by PostgreSQL's COPY: the fast way in, for the commands that seed and import.

Rows are streamed; memory stays flat however many there are. Not for the web server, whose deadline guard
excludes COPY. Failure: `django.db.Error` as for any statement (where a worker of Citus refuses a row an
`InternalError`, for its SQLSTATE is not handed on), or what making the rows raised; nothing of a failed COPY
stays.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import DatabaseError, connections
from psycopg2 import sql

READ_BYTES = 1 << 18
LINES_AT_ONCE = 2000
NULL = "\\N"


def copy_rows(alias: str, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Copies rows of Python values (None is NULL, the rest by `str`) and returns how many."""
    return copy_lines(alias, table, columns, map(line_of, rows))


def copy_lines(alias: str, table: str, columns: Sequence[str], lines: Iterable[str]) -> int:
    """Copies lines that are COPY's text format already: tabs between, a newline behind, `\\N` for NULL."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connections[alias].cursor() as cursor:
        # Rendered here: handed a Composable, copy_expert would not go through Django's error translation.
        text = statement.as_string(cursor.connection)
        stream = _Stream(lines)
        try:
            with connections[alias].wrap_database_errors:
                cursor.cursor.copy_expert(text, stream, size=READ_BYTES)
        except DatabaseError:
            if stream.failure is not None:
                raise stream.failure from None
            raise
        return int(cursor.rowcount)


def analyze(alias: str, *tables: str) -> None:
    """Tells the planner what was copied; call it in the transaction that copied into tables others point to.

    An autoanalyze that comes before the commit sees pages without rows, and every check of a foreign key then
    reads the whole table: minutes become hours. This one sees the rows, and keeps the other away until the commit.
    """
    statement = sql.SQL("ANALYZE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables)))
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


def line_of(values: Sequence[object]) -> str:
    """One row in COPY's text format."""
    line = "\t".join([NULL if value is None else str(value) for value in values]) + "\n"
    # Hardly any text has a sign to escape: looking at the whole line costs less than looking at each cell.
    is_plain = line.count("\t") == len(values) - 1 and line.count("\n") == 1 and "\r" not in line
    if is_plain and ("\\" not in line or line.count("\\") == values.count(None)):
        return line
    return "\t".join([NULL if value is None else escaped(str(value)) for value in values]) + "\n"


def escaped(text: str) -> str:
    """By one search for each sign: `str.translate` takes every letter up, which a source's record has thousands of."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def array_text(values: Iterable[object]) -> str:
    """An array of one dimension as PostgreSQL reads it, for `copy_rows`."""
    elements = [str(value) for value in values]
    if not elements:
        return "{}"
    text = "".join(elements)
    if '"' in text or "\\" in text:
        elements = [each.replace("\\", "\\\\").replace('"', '\\"') for each in elements]
    return '{"' + '","'.join(elements) + '"}'


class _Stream:
    """What psycopg2 reads from: lines joined into blocks, made as they are asked for.

    `failure` is what making them raised: psycopg2 would report it as a cancelled query.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.failure: BaseException | None = None
        self._blocks = self._joined(iter(lines))
        self._rest = b""

    @staticmethod
    def _joined(lines: Iterator[str]) -> Iterator[bytes]:
        while block := "".join(islice(lines, LINES_AT_ONCE)):
            yield block.encode()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, at least one until the end."""
        try:
            data = self._rest or next(self._blocks, b"")
        except BaseException as failure:
            self.failure = failure
            raise
        self._rest = data[size:]
        return data[:size]
