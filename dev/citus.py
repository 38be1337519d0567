"""Citus: find an installation that has it, and make one cluster of a coordinator and its workers.

Only the catalog's nodes run from that installation; analytics and replica stay on the wheel, so
that they are the same servers on every machine. The nodes log in to each other with the owner's
password, which they read from a password file (PGPASSFILE) that only the servers' user can read:
no trust on loopback, where every local user could come in.

How many servers there are is chosen when the instance is made (`Size`): workers, which are joined, and
spares, which only run, to practise adding one. Without workers the catalog is a plain one that can be
distributed later: Citus is loaded and the extension not made.
"""

import os
import shutil
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from dev.environment import OWNER, write_private
from dev.errors import DevError
from dev.instance import MOST_NODES, State
from dev.postgres import Installation, PostgresServer, major_version
from dev.processes import Account, run

OLDEST_MAJOR = 15
COORDINATOR = "catalog"


@dataclass(frozen=True)
class Size:
    """How many workers and spares were asked for; None for as many as there are."""

    workers: int | None = None
    spares: int | None = None


AS_IT_IS = Size()


class Part(Enum):
    """What a server is in the catalog's cluster."""

    MEMBER = "member"  # its database has the extension, and the nodes know each other
    ALONE = "alone"  # a catalog without workers: a database without the extension
    SPARE = "spare"  # no database


def part_of(state: State, store: str) -> Part | None:
    """A store's part in the cluster; None for one that does not run on Citus."""
    if not state.citus_bin or store not in (COORDINATOR, *state.worker_stores, *state.spare_stores):
        return None
    if store in state.spare_stores:
        return Part.SPARE
    return Part.MEMBER if state.workers else Part.ALONE


def settle_size(state: State, size: Size, *, new: bool) -> None:
    """Take over what was asked for; DevError where the instance cannot become that."""
    if size == AS_IT_IS:
        return
    if not state.citus_bin:
        raise DevError(
            "--workers and --spares need a PostgreSQL with the citus extension: "
            + ("set PG_CONFIG to one" if new else "this catalog was made without, `reset` to use one")
        )
    workers = state.workers if size.workers is None else size.workers
    spares = state.spares if size.spares is None else size.spares
    if workers < 0 or spares < 0 or workers + spares > MOST_NODES:
        raise DevError(f"--workers and --spares are numbers from 0, at most {MOST_NODES} together")
    if not new and (workers != state.workers or spares < state.spares):
        raise DevError(
            f"this instance was made with --workers {state.workers} --spares {state.spares}, and only "
            "spares can be added later: `reset` it first"
        )
    state.workers, state.spares = workers, spares


def settle_installation(state: State, found: Installation | None) -> tuple[str, ...]:
    """A catalog stays what it was made as; the installation of a cluster may have moved."""
    if not state.citus_bin:
        made_without = "a Citus is installed, but this catalog was made without: `reset` to use it"
        return (made_without,) if found else ()
    if found:
        state.citus_bin = str(found.bin)
    elif not (Path(state.citus_bin) / "postgres").exists():
        raise DevError(
            f"this instance's catalog runs on the Citus of {state.citus_bin}, which is gone: "
            "set PG_CONFIG to an installation of the same version, or `reset`"
        )
    return ()


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
    """The server of one node of the catalog's cluster, or of one that may become a node."""

    part: Part = Part.MEMBER

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
        # For every port: nodes are added later, and the server reads this as it is at each login.
        line = f"127.0.0.1:*:*:{OWNER}:{self.password}\n"
        write_private(path, line, owner=self.terms.owner)
        return {"PGPASSFILE": str(path)}

    def settle(self) -> None:
        """A member's database exists afterwards, with the extension in it; a spare has none."""
        if self.part is Part.SPARE:
            return
        super().settle()
        if self.part is Part.MEMBER:
            with self.connected(self.database) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS citus")


def join(state: State, nodes: dict[str, CitusNode]) -> None:
    """The workers form one cluster with the coordinator, and all know each other's present ports.

    A worker is joined once: one that was removed by command is not brought back.
    """
    present = {store: node.port for store, node in nodes.items()}
    if state.moving or any(state.node_ports.get(store) != port for store, port in present.items()):
        _correct_ports(state, nodes)
        state.node_ports, state.moving = present, {}
        state.save()
    coordinator = nodes[COORDINATOR]
    for store in state.worker_stores:
        if store not in state.joined:
            _add(coordinator, nodes[store])
            state.joined.append(store)
            state.save()


def _add(coordinator: CitusNode, worker: CitusNode) -> None:
    with coordinator.connected(coordinator.database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT nodeport FROM pg_dist_node")
        known = {port for (port,) in cursor.fetchall()}
        if coordinator.port not in known:
            cursor.execute("SELECT citus_set_coordinator_host('127.0.0.1', %s)", [coordinator.port])
        if worker.port not in known:
            cursor.execute("SELECT citus_add_node('127.0.0.1', %s)", [worker.port])


def _correct_ports(state: State, nodes: dict[str, CitusNode]) -> None:
    """Every node gets all nodes' present ports; done again after a kill, it ends the same.

    A node is recognised by the port it had, once, and from then on by its id, because a former port of one
    may be the present one of another. Not `citus_update_node`: it tells the other nodes, whom it cannot
    reach if their ports have changed as well.
    """
    if not state.moving:
        had = {port: store for store, port in state.node_ports.items() if store in nodes}
        state.moving = {str(node): had[port] for node, port in _known(nodes[COORDINATOR]) if port in had}
        state.save()
    for store in {COORDINATOR, *state.moving.values()} if state.moving else ():
        with nodes[store].connected(nodes[store].database) as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN")
            for node, moved in state.moving.items():
                # By way of a negative one, since no two nodes may have one port in between.
                cursor.execute(
                    "UPDATE pg_dist_node SET nodeport = -%s WHERE nodeid = %s", [nodes[moved].port, node]
                )
            cursor.execute("UPDATE pg_dist_node SET nodeport = -nodeport WHERE nodeport < 0")
            cursor.execute("COMMIT")


def _known(coordinator: CitusNode) -> list[tuple[int, int]]:
    """Id and port of each node that the coordinator knows; none where the extension is not made."""
    with coordinator.connected(coordinator.database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_dist_node')")
        if cursor.fetchone() == (None,):
            return []
        cursor.execute("SELECT nodeid, nodeport FROM pg_dist_node")
        return list(cursor.fetchall())
