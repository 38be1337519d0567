"""`manage.py federation setup|check`: the foreign server and tables in the catalog's database, and what may be read.

Both may be run as often as one likes; `check` changes nothing and ends with exit code 1 when something is wrong.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections

from analytics.replication import published_column_types
from streaming.stores.aliases import REPLICA
from streaming.stores.commands import SECONDS_TO_GREET, one_sentence
from streaming.stores.deadline import guarded
from streaming.stores.federation import checking, setup
from streaming.stores.findings import Finding

AGAIN = "What is away, `manage.py status` says; this may be run again."


class Command(BaseCommand):
    help = "Makes the replica's tables readable in the catalog's database (setup), or says what is wrong (check)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["setup", "check"])

    def handle(self, *args: Any, **options: Any) -> None:
        action, done = (self._check, "checked") if options["action"] == "check" else (self._setup, "set up")
        with one_sentence(f"Federation is not {done}", again=AGAIN), guarded(SECONDS_TO_GREET):
            action()

    def _setup(self) -> None:
        for line in setup.set_up(published_column_types()) or ["federation is as it should be"]:
            self.stdout.write(line)

    def _check(self) -> None:
        found = _findings()
        for finding in found:
            self.stdout.write(str(finding))
        if found:
            raise CommandError(f"{len(found)} found wrong.", returncode=1)
        self.stdout.write("federation is sound")


def _findings() -> list[Finding]:
    try:
        connections[REPLICA].ensure_connection()
    except OperationalError as error:
        return [checking.replica_away(error)]
    return checking.findings(published_column_types())
