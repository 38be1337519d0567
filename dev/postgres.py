"""A PostgreSQL server: its data folder, its settings, how to ask whether it answers.

Everything is set on the command line, so that a changed setting counts from the next start and the
data folder holds no edited file. Only TCP on 127.0.0.1 with SCRAM passwords is open (and a socket
inside the data folder, which only the server's user can enter).
"""

import locale
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2  # type: ignore[import-untyped, unused-ignore]
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # type: ignore[import-untyped, unused-ignore]

from dev.engine import Terms
from dev.environment import OWNER, write_private
from dev.errors import DevError, NotReady, disk_full_sentence
from dev.processes import Launch, Process, birth_mark, command_line, run

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_level": "logical",
    "max_wal_senders": "40",
    "max_replication_slots": "40",
    "max_logical_replication_workers": "40",
    # Subscriptions' workers count here too: the tests subscribe in several databases at once.
    "max_worker_processes": "80",
    "max_slot_wal_keep_size": "4GB",
    "max_prepared_transactions": "200",
    "client_connection_check_interval": "2s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}
# The WAL writer is hurried because only flushed WAL is sent to subscribers, and without
# synchronous_commit nobody else flushes it: 200 ms of its sleep would be replication lag.
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_writer_delay": "10ms",
}
# The system's limit for a socket's path is 104 bytes (macOS) to 108, the name included.
SOCKET_PATH_LIMIT = 100
CONNECT_SECONDS = 2


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL installation: its `bin` folder and what to call it."""

    bin: Path
    label: str


@dataclass(frozen=True)
class PostgresServer:
    """One server of an instance, with `database` in it."""

    name: str
    port: int
    password: str = field(repr=False)
    database: str
    installation: Installation
    terms: Terms

    # Fast shutdown, then immediate: an orphaned backend would hold the shared memory.
    stop_signals = (signal.SIGINT, signal.SIGQUIT)

    def build(self, folder: Path, spawn: Callable[[Launch], Process]) -> None:
        """`initdb` with the owner's password; DevError with its words if it fails."""
        password_file = self.terms.conf / f"{self.name}.password"
        write_private(password_file, self.password + "\n", owner=self.terms.owner)
        argv = [
            str(self.installation.bin / "initdb"),
            f"--pgdata={folder}",
            f"--username={OWNER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *locale_options(self._major()),
            *(["--no-sync"] if self.terms.fast else []),
        ]
        try:
            result = run(argv, account=self.terms.account, home=folder)
        finally:
            password_file.unlink()
        if result.returncode != 0:
            raise _initdb_error(self.name, folder, result.stderr)

    def command(self, folder: Path) -> Launch:
        version_file = folder / "PG_VERSION"
        made_by = int(version_file.read_text()) if version_file.exists() else None
        if made_by != self._major():
            raise DevError(
                f"the data of {self.name} was made by PostgreSQL {made_by}, but "
                f"{self.installation.label} would start: bring that version back, or `reset`"
            )
        remove_stale_lock(folder)
        settings = {
            **SETTINGS,
            **(FAST_SETTINGS if self.terms.fast else {}),
            "port": str(self.port),
            "unix_socket_directories": socket_folder(folder, self.port),
            **self.extra_settings(),
        }
        argv = [str(self.installation.bin / "postgres"), "-D", str(folder)]
        for key, value in settings.items():
            argv += ["-c", f"{key}={value}"]
        return Launch(argv, self.extra_env())

    def extra_settings(self) -> dict[str, str]:
        """For a special kind of server: settings that win over the common ones."""
        return {}

    def extra_env(self) -> dict[str, str]:
        return {}

    def probe(self) -> str:
        with self.connected("postgres") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            version = str(connection.info.parameter_status("server_version")).split()[0]
            return f"PostgreSQL {version} ({self.installation.label})"

    def settle(self) -> None:
        """The store's database exists afterwards."""
        with self.connected("postgres") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [self.database])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))

    @contextmanager
    def connected(self, database: str) -> Iterator[Connection]:
        """An autocommit connection as the owner; NotReady where the server does not answer."""
        try:
            with closing(self._connect(database)) as connection:
                connection.autocommit = True
                yield connection
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise DevError(
                    f"{self.name} refuses the password in stores.env: put the file that belongs "
                    "to this data back, or `reset`"
                ) from error
            raise NotReady(str(error).strip()) from error

    def _connect(self, database: str) -> Connection:
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=OWNER,
            password=self.password,
            dbname=database,
            sslmode="disable",
            connect_timeout=CONNECT_SECONDS,
            options="-c statement_timeout=60s",
        )

    def _major(self) -> int:
        return major_version(self.installation.bin)


def major_version(folder: Path) -> int:
    """The major version of the installation whose programs are in `folder`."""
    answer = run([folder / "pg_config", "--version"], account=None).stdout
    found = re.search(r"PostgreSQL (\d+)", answer)
    if found is None:
        raise DevError(f"{folder / 'pg_config'} does not say its version: reinstall PostgreSQL")
    return int(found[1])


def locale_options(major: int) -> list[str]:
    """C.UTF-8, from PostgreSQL itself where it has it: then it is the same on every system.

    The system's LC_CTYPE is still what full text search splits words by, so it must know UTF-8.
    """
    ctype = _utf8_locale()
    if major >= 17:
        return [
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            f"--lc-ctype={ctype}",
        ]
    return ["--locale=C", f"--lc-ctype={ctype}", "--lc-collate=C"]


def _utf8_locale() -> str:
    known = locale.setlocale(locale.LC_CTYPE)
    for name in ("C.UTF-8", "en_US.UTF-8", "UTF-8"):
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        locale.setlocale(locale.LC_CTYPE, known)
        return name
    return "C"


def socket_folder(folder: Path, port: int) -> str:
    """The data folder, if a socket's path there is short and needs no quoting; else no socket."""
    path = f"{folder}/.s.PGSQL.{port}"
    plain = re.fullmatch(r"[\w./-]+", path, flags=re.ASCII)
    return str(folder) if plain and len(path) < SOCKET_PATH_LIMIT else ""


def remove_stale_lock(folder: Path) -> None:
    """Drop a `postmaster.pid` whose pid now belongs to another program.

    PostgreSQL takes any living process of its own user for the old server. In a container, where
    the same low pids come back at every start, that would keep it down for ever.
    """
    lock = folder / "postmaster.pid"
    if not lock.exists():
        return
    first = lock.read_text().partition("\n")[0].strip()
    if not first.isdecimal() or birth_mark(int(first)) is None:
        return
    command = command_line(int(first))
    if "postgres" not in command or str(folder) not in command:
        lock.unlink()


def _initdb_error(name: str, folder: Path, words: str) -> DevError:
    if os.strerror(28) in words:
        return DevError(disk_full_sentence(folder.parent))
    lines = [line for line in words.splitlines() if "error" in line or "FATAL" in line]
    return DevError(f"the data of {name} cannot be made: {(lines or [words.strip()])[-1]}")
