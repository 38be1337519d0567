"""A reader and a writer that go on while something else happens to the catalog, and what they saw.

The reader asks the web server for titles that are not in the cache, the details of every fourth; the writer adds a
title with a genre and a credit, edits it, and keeps the id of each title whose transaction was committed. Afterwards
`lost` asks for every one of them. A failed read or write is counted with its first words. Failure: at the end of the
block, that of a side that could not go on; without its writer a change would seem to have lost nothing.
"""

import random
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event

import psycopg2

READ_SECONDS = 30
WRITE = """
INSERT INTO content_metadata (content_id, title, content_type, status, published_at)
VALUES (%(id)s, %(title)s, 'movie', 'published', now());
INSERT INTO content_cast_crew (id, content_id, person_id, job)
SELECT gen_random_uuid(), %(id)s, %(person)s, 'Actor';
INSERT INTO content_genres (content_id, genre_id) VALUES (%(id)s, %(genre)s);
"""
EDIT = (
    "UPDATE content_metadata SET title = title || ' (edited)', updated_at = now() WHERE content_id = %(id)s"
)


@dataclass
class Seen:
    """Of one side: how many, what failed, the longest wait in seconds."""

    count: int = 0
    failures: list[str] = field(default_factory=list)
    longest: float = 0.0

    def took(self, started: float) -> None:
        self.count += 1
        self.longest = max(self.longest, time.perf_counter() - started)


class Traffic:
    """Runs from `__enter__` to `__exit__`; `catalog` is a libpq connection string, `ids` the titles to read."""

    def __init__(self, *, host: str, port: int, catalog: str, ids: list[str]) -> None:
        self.host, self.port, self.catalog, self.ids = host, port, catalog, ids
        self.reads, self.writes = Seen(), Seen()
        self.written: list[str] = []
        self._stop = Event()
        self._pool = ThreadPoolExecutor(2)
        self._sides: list[Future[None]] = []

    def __enter__(self) -> "Traffic":
        self._sides = [self._pool.submit(side) for side in (self._read, self._write)]
        return self

    def __exit__(self, happened: type[BaseException] | None, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown()
        for side in self._sides if happened is None else ():
            side.result()

    def lost(self) -> int:
        """Titles whose writing was acknowledged and that are not there, whole, any more."""
        with psycopg2.connect(self.catalog) as connection, connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM content_metadata m
                     JOIN content_cast_crew USING (content_id) JOIN content_genres USING (content_id)
                    WHERE content_id = ANY(%s::uuid[]) AND m.title LIKE '%%(edited)'""",
                [self.written],
            )
            (found,) = cursor.fetchone() or (0,)
        return len(self.written) - int(found)

    def _read(self) -> None:
        chosen = random.Random(7)
        connection = HTTPConnection(self.host, self.port, timeout=READ_SECONDS)
        while not self._stop.is_set():
            suffix = "/details" if self.reads.count % 4 == 3 else ""
            started = time.perf_counter()
            try:
                connection.request("GET", f"/api/v1/content/{chosen.choice(self.ids)}{suffix}")
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, HTTPException) as error:
                connection.close()
                self.reads.failures.append(repr(error))
            else:
                if answer.status != 200:
                    self.reads.failures.append(f"{answer.status} {body[:200]!r}")
            self.reads.took(started)

    def _write(self) -> None:
        connection = psycopg2.connect(self.catalog)
        person, genre = _anybody(connection)
        while not self._stop.is_set():
            title = str(uuid.uuid4())
            values = {"id": title, "title": f"Written {title}", "person": person, "genre": genre}
            started = time.perf_counter()
            try:
                if connection.closed:
                    connection = psycopg2.connect(self.catalog)
                for statements in (WRITE, EDIT):
                    with connection, connection.cursor() as cursor:
                        cursor.execute(statements, values)
                self.written.append(title)
            except psycopg2.Error as error:
                self.writes.failures.append(str(error).strip())
            self.writes.took(started)
            self._stop.wait(0.005)
        connection.close()


def _anybody(connection: "psycopg2.extensions.connection") -> tuple[str, int]:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT person_id::text, (SELECT min(genre_id) FROM genres) FROM cast_crew LIMIT 1")
        person, genre = cursor.fetchone() or ("", 0)
        return person, genre


def during(traffic: Traffic, happening: Callable[[], None]) -> str:
    """What reader and writer saw while `happening` ran, as cells of a Markdown row."""
    started = time.perf_counter()
    with traffic:
        happening()
    seconds = time.perf_counter() - started
    reads, writes = traffic.reads, traffic.writes
    for failure in [*reads.failures, *writes.failures][:10]:
        print(f"  failed: {failure}")
    return (
        f"{seconds:.1f} | {reads.count:,} | {len(reads.failures)} | {reads.longest:.2f} "
        f"| {writes.count:,} | {len(writes.failures)} | {writes.longest:.2f} | {traffic.lost()}"
    )
