"""`manage.py setup_stores`: from empty servers to stores that work together; `make run` and the compose job call it.

Every step may be repeated. The replica migrates first: a column must be there before a row with it arrives.
"""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("migrate", ("--database", REPLICA)),
    ("migrate", ("--database", ANALYTICS)),
    ("migrate", ("--database", CATALOG)),
    ("replication", ("setup",)),
    ("federation", ("setup",)),
    ("document_indexes", ()),
)


class Command(BaseCommand):
    help = "Migrates every database and sets up replication, federation and document indexes. Repeatable."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for command, arguments in STEPS:
            quieter = {"verbosity": options["verbosity"] - 1} if command == "migrate" else {}
            try:
                call_command(command, *arguments, **quieter, stdout=self.stdout)
            except OperationalError as error:
                raise CommandError(f"{command} {' '.join(arguments)}: {str(error).strip()}") from error
