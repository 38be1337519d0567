"""The command line of `python -m dev`; see `dev.lifecycle` for what the commands do.

Exit codes: 0; 1 with one sentence on stderr; 2 for a wrong command line; that of the command for
`exec`; 130 after Ctrl-C.
"""

import argparse
import os
import sys
from collections.abc import Callable

from dev import citus, environment, lifecycle, placement, ports
from dev.citus import Size
from dev.errors import DevError, sentence_for
from dev.executing import execute
from dev.instance import DEFAULT_NAME, Instance
from dev.lifecycle import Outcome, StoreStatus


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    commands: dict[str, Callable[[Instance, argparse.Namespace], int]] = {
        "up": _up,
        "down": _down,
        "status": _status,
        "reset": _reset,
        "env": _env,
        "exec": _exec,
        "free": _free,
        "citus": _citus,
    }
    try:
        return commands[options.command](Instance.named(options.instance), options)
    except DevError as error:
        print(f"dev: {error}", file=sys.stderr)
    except BrokenPipeError:  # `python -m dev env | head -1`: whoever read has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"dev: {sentence_for(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("dev: interrupted; `status` shows what runs, `down` stops it", file=sys.stderr)
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev", description="Run the platform's stores as local processes."
    )
    parser.add_argument(
        "--instance", default=DEFAULT_NAME, metavar="NAME", help="which set of stores (%(default)s)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    starting = argparse.ArgumentParser(add_help=False)
    starting.add_argument(
        "--fast", action="store_true", help="trade durability for speed, for a run of tests"
    )
    for option, what in (
        ("--workers", "servers that are joined to the catalog's coordinator, where Citus is installed"),
        ("--spares", "further servers that are not joined, to be added by command"),
    ):
        starting.add_argument(option, type=int, metavar="N", help=what)
    commands.add_parser("up", parents=[starting], help="start what does not run; keeps data")
    commands.add_parser("down", help="stop the servers; keeps data")
    commands.add_parser("status", help="one line per store; exit code 0 if all run")
    commands.add_parser("reset", help="stop the servers and delete the instance's data")
    commands.add_parser("env", help="print the stores' addresses as `export` lines")
    port = commands.add_parser("free", help="exit code 0 if nobody listens on the web server's port")
    port.add_argument("port", type=int)
    commands.add_parser("citus", help="print where a PostgreSQL with Citus is; nothing if none is found")
    child = commands.add_parser(
        "exec", parents=[starting], help="run a command with the stores up and their addresses set"
    )
    child.add_argument("--keep", action="store_true", help="leave the stores up afterwards")
    child.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD", help="the command")
    return parser


def _up(instance: Instance, options: argparse.Namespace) -> int:
    print(banner(instance, lifecycle.up(instance, fast=options.fast, size=_size(options))))
    return 0


def _size(options: argparse.Namespace) -> Size:
    return Size(options.workers, options.spares)


def _down(instance: Instance, options: argparse.Namespace) -> int:
    stopped = lifecycle.down(instance)
    print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")
    return 0


def _status(instance: Instance, options: argparse.Namespace) -> int:
    stores = lifecycle.status(instance)
    if not stores:
        print(f"instance {instance.name} does not exist")
    for store in stores:
        print(_status_line(store))
    return 0 if stores and all(store.condition == "running" for store in stores) else 1


def _status_line(store: StoreStatus) -> str:
    pid = f"pid {store.pid}" if store.pid else "-"
    return f"{store.store:<10} {store.condition:<14} {store.address:<16} {pid:<12} {store.version}"


def _reset(instance: Instance, options: argparse.Namespace) -> int:
    lifecycle.reset(instance)
    print(f"instance {instance.name} is gone")
    return 0


def _env(instance: Instance, options: argparse.Namespace) -> int:
    print(environment.exports(environment.read(instance)))
    return 0


def _exec(instance: Instance, options: argparse.Namespace) -> int:
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    if not argv:
        raise DevError("exec needs a command: python -m dev exec -- CMD")
    return execute(instance, argv, fast=options.fast, keep=options.keep, size=_size(options))


def _free(instance: Instance, options: argparse.Namespace) -> int:
    """For `make run`: two web servers may share a port without an error, and answer in turn."""
    if not ports.is_free(options.port):
        raise DevError(
            f"port {options.port}, meant for the web server, is taken by another program: stop that program, "
            f"or name another port: make run PORT={options.port + 1}"
        )
    return 0


def _citus(instance: Instance, options: argparse.Namespace) -> int:
    """For `.ci/run`, which names what it skips: where the servers would find Citus, as `up` looks for it."""
    found = citus.find(placement.account_for(instance.folder))
    if found:
        print(found.bin)
    return 0


def banner(instance: Instance, outcome: Outcome) -> str:
    """What runs where, for the person who started it."""
    state = outcome.state
    lines = [f"{instance.name}: already running" if not outcome.started else f"{instance.name}: running"]
    for store in state.stores:
        address = f"127.0.0.1:{state.ports[store]}"
        lines.append(f"  {store:<10} {address:<16} {state.versions[store]}")
    lines.append(f"  data       {outcome.home / 'data'}")
    lines.append(f"  addresses  {instance.env_file}")
    lines.extend(f"  note: {note}" for note in outcome.notes)
    return "\n".join(lines)
