"""`manage.py setup_stores`: from empty servers to stores that work together; `make run` and the compose job call it.

Every step may be repeated. `migrate_stores` comes first, for what is published has to be there, and titles from before
there were search documents get theirs; a catalog that is empty and has Citus workers is distributed last. One with rows
is distributed by `manage.py distribute` alone.
"""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from streaming.stores.citus.distributing import distribute_if_empty
from streaming.stores.commands import SECONDS_TO_GREET, one_sentence
from streaming.stores.deadline import guarded

AGAIN = "Run setup_stores again: every step may be repeated."
STEPS: tuple[tuple[str, ...], ...] = (
    ("migrate_stores",),
    ("search_rebuild", "--missing"),  # an upgrade from before there were any leaves every title without one
    ("replication", "setup"),
    ("federation", "setup"),
    ("document_indexes",),
)


class Command(BaseCommand):
    help = (
        "Migrates every database, writes missing search documents, sets up replication, federation and document "
        "indexes, and distributes an empty catalog over the Citus workers. Repeatable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--undistributed", action="store_true", help="leave the catalog on the Citus coordinator"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for command in STEPS:
            self._run(command, verbosity=options["verbosity"])
        if not options["undistributed"]:
            self._distribute()

    def _run(self, command: tuple[str, ...], *, verbosity: int) -> None:
        with one_sentence(" ".join(command), again=AGAIN):
            call_command(*command, verbosity=verbosity, stdout=self.stdout)

    def _distribute(self) -> None:
        with one_sentence("The empty catalog is not distributed", again=AGAIN), guarded(SECONDS_TO_GREET):
            distributed = distribute_if_empty()
        if distributed:
            self.stdout.write("the empty catalog is distributed over the Citus workers")
