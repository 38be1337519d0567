"""Citus: find an installation that has it, and make one cluster of a coordinator and two workers.

Only the catalog's nodes run from that installation; analytics and replica stay on the wheel, so
that they are the same servers on every machine. The nodes log in to each other with the owner's
password, which they read from a password file (PGPASSFILE) that only the servers' user can read:
no trust on loopback, where every local user could come in.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.environment import OWNER, write_private
from dev.errors import DevError
from dev.instance import WORKERS
from dev.postgres import Installation, PostgresServer, major_version
from dev.processes import Account, run

OLDEST_MAJOR = 15
NODES = ("catalog", *WORKERS)


def find(account: Account | None) -> Installation | None:
    """The installation of PG_CONFIG, else of `pg_config` on PATH, if it has server and Citus.

    One on PATH that lacks something is passed over; PG_CONFIG was meant, so there it is a DevError.
    """
    named = os.environ.get("PG_CONFIG")
    pg_config = named or shutil.which("pg_config")
    if pg_config is None:
        return None
    lacks, folder = _inspect(Path(pg_config), account)
    if not lacks:
        return Installation(folder, label="with Citus")
    if not named:
        return None
    raise DevError(f"PG_CONFIG={named} {lacks}: name another one, or unset PG_CONFIG")


def _inspect(pg_config: Path, account: Account | None) -> tuple[str, Path]:
    """What the installation lacks ("" for nothing) and the folder of its programs."""
    try:
        answer = run([pg_config, "--bindir", "--sharedir"], account=None)
    except OSError as error:
        return f"cannot be run ({error.strerror})", pg_config.parent
    lines = answer.stdout.splitlines()
    if answer.returncode != 0 or len(lines) != 2:
        return "is no pg_config", pg_config.parent
    programs, share = Path(lines[0]), Path(lines[1])
    if not (programs / "postgres").exists() or not (programs / "initdb").exists():
        return "belongs to a PostgreSQL without a server", programs
    if not (share / "extension" / "citus.control").exists():
        return "belongs to a PostgreSQL without the citus extension", programs
    return _unusable(programs, account), programs


def _unusable(programs: Path, account: Account | None) -> str:
    if major_version(programs) < OLDEST_MAJOR:
        return f"belongs to a PostgreSQL older than {OLDEST_MAJOR}"
    try:
        runs = run([programs / "postgres", "--version"], account=account).returncode == 0
    except PermissionError:
        runs = False
    return "" if runs else "belongs to a server that the user nobody cannot run"


@dataclass(frozen=True)
class CitusNode(PostgresServer):
    """The server of one node of the catalog's cluster; `node_ports` are those of all nodes."""

    node_ports: tuple[int, ...] = ()

    def extra_settings(self) -> dict[str, str]:
        settings = {
            "shared_preload_libraries": "citus",
            # Not `localhost`: that may mean ::1, where nothing listens.
            "citus.local_hostname": "127.0.0.1",
            "citus.node_conninfo": "sslmode=prefer",
        }
        # Minors from 2026 refuse Citus as a decoding plugin unless it is listed here, and shards
        # then cannot be moved; older ones do not know the setting and would not start.
        known = run([self.installation.bin / "postgres", "--describe-config"], account=None)
        if "output_plugin_libraries" in known.stdout:
            settings["output_plugin_libraries"] = "pgoutput,test_decoding,citus"
        return settings

    def extra_env(self) -> dict[str, str]:
        path = self.terms.conf / f"{self.name}.pgpass"
        lines = [f"127.0.0.1:{port}:*:{OWNER}:{self.password}\n" for port in self.node_ports]
        write_private(path, "".join(lines), owner=self.terms.owner)
        return {"PGPASSFILE": str(path)}

    def settle(self) -> None:
        """The database exists afterwards, with the extension in it."""
        super().settle()
        with self.connected(self.database) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS citus")


def join(coordinator: PostgresServer, workers: Sequence[PostgresServer]) -> None:
    """The nodes form one cluster and know each other's present ports (idempotent)."""
    servers = [coordinator, *workers]
    for server in servers:
        _correct_ports(server, [known.port for known in servers])
    with coordinator.connected(coordinator.database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT nodeport FROM pg_dist_node")
        known_ports = {port for (port,) in cursor.fetchall()}
        if coordinator.port not in known_ports:
            cursor.execute("SELECT citus_set_coordinator_host('127.0.0.1', %s)", [coordinator.port])
        for worker in workers:
            if worker.port not in known_ports:
                cursor.execute("SELECT citus_add_node('127.0.0.1', %s)", [worker.port])


def _correct_ports(server: PostgresServer, ports_by_group: list[int]) -> None:
    """Groups are numbered in the order of joining: the coordinator is 0.

    Not `citus_update_node`: it tells the other nodes, whom it cannot reach if their ports have
    changed as well.
    """
    with server.connected(server.database) as connection, connection.cursor() as cursor:
        for group, port in enumerate(ports_by_group):
            cursor.execute(
                "UPDATE pg_dist_node SET nodeport = %s WHERE groupid = %s AND nodeport <> %s",
                [port, group, port],
            )
