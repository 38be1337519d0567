"""`manage.py workers list|add|drain|rebalance`: the nodes of the distributed catalog.

Moving shards is a job in the coordinator's database. This command starts it or finds the one that runs, and shows
how far it is; ended by Ctrl-C or a signal, it leaves the job running.
"""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from streaming.gateway import workers_screen as screen
from streaming.stores.addresses import Address
from streaming.stores.citus import jobs, workers
from streaming.stores.citus.joining import join
from streaming.stores.commands import one_sentence
from streaming.stores.deadline import guarded
from streaming.stores.units import counted

AGAIN = "A job that moves shards goes on in the database: the same command again watches it."


class Command(BaseCommand):
    help = "Lists, adds, drains and balances the servers over which the catalog is distributed."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True, metavar="list|add|drain|rebalance")
        listing = what.add_parser(
            "list", help="every node: shards, bytes, estimated rows, whether it answers"
        )
        listing.add_argument("--json", action="store_true")
        add = what.add_parser("add", help="make a server a worker, or have a drained one take shards again")
        drain = what.add_parser("drain", help="move all shards off a node")
        for of_one in (add, drain):
            of_one.add_argument("address", metavar="HOST:PORT", help="as the other nodes reach it")
        drain.add_argument("--remove", action="store_true", help="then take it out of the cluster")
        rebalance = what.add_parser("rebalance", help="spread the shards over the nodes that take them")
        rebalance.add_argument("--stop", action="store_true", help="end the job that runs")

    def handle(self, *args: Any, **options: Any) -> None:
        act = {"list": self._list, "add": self._add, "drain": self._drain, "rebalance": self._rebalance}
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with one_sentence("The catalog refuses", again=AGAIN), guarded():
                act[options["what"]](options)
        finally:
            signal.signal(signal.SIGTERM, before)

    def _list(self, options: dict[str, Any]) -> None:
        known, job = workers.listing(), jobs.running()
        findings = workers.findings(known)
        if options["json"]:
            self.stdout.write(screen.as_json(known, job, findings))
            return
        lines = screen.table(known)
        if job is not None:
            lines.append(f"A job moves shards: {job.done} of {job.moves} moves are done.")
        for line in (*lines, *findings):
            self.stdout.write(str(line))

    def _add(self, options: dict[str, Any]) -> None:
        address = Address.parse(options["address"])
        done = join(address)
        self.stdout.write(f"{address}: {'; '.join(done) or 'is a worker already'}.")
        if not workers.node_at(address).shards:
            command = "workers rebalance" if workers.is_distributed() else "distribute"
            self.stdout.write(f"`manage.py {command}` moves shards there.")

    def _drain(self, options: dict[str, Any]) -> None:
        address = Address.parse(options["address"])
        for job in workers.draining(address):
            self._follow(job)
        if options["remove"]:
            workers.remove(address)
        self.stdout.write(f"{address} {'is removed' if options['remove'] else 'has no shards'}.")

    def _rebalance(self, options: dict[str, Any]) -> None:
        job = workers.stopping() if options["stop"] else workers.rebalancing()
        if job is None:
            self.stdout.write("No job runs." if options["stop"] else "The shards are balanced.")
            return
        self._follow(job)

    def _follow(self, job: jobs.Job) -> None:
        ended = screen.follow(job)
        self.stdout.write(f"{ended.state}: {ended.done} of {counted(ended.moves, 'move')} done.")
        for line in screen.table(workers.listing()):
            self.stdout.write(line)
