"""`manage.py setup_stores`: from empty servers to stores that work together; `make run` and the compose job call it.

Every step may be repeated. `migrate_stores` comes first, for what is published has to be there; a catalog that is
empty and has Citus workers is distributed last. One with rows is distributed by `manage.py distribute` alone.
"""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from streaming.stores.citus.distributing import Refused, distribute_if_empty

STEPS: tuple[tuple[str, ...], ...] = (
    ("migrate_stores",),
    ("replication", "setup"),
    ("federation", "setup"),
    ("document_indexes",),
)


class Command(BaseCommand):
    help = (
        "Migrates every database, sets up replication, federation and document indexes, and distributes an empty "
        "catalog over the Citus workers. Repeatable."
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
        try:
            call_command(*command, verbosity=verbosity, stdout=self.stdout)
        except DatabaseError as error:
            said = " ".join(str(error).split())
            raise CommandError(f"{' '.join(command)}: {said}") from error

    def _distribute(self) -> None:
        try:
            distributed = distribute_if_empty()
        except (Refused, DatabaseError) as error:
            said = " ".join(str(error).split())
            raise CommandError(f"The empty catalog is not distributed: {said}") from error
        if distributed:
            self.stdout.write("the empty catalog is distributed over the Citus workers")
