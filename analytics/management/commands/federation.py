"""`manage.py federation setup`: the foreign server and tables in the catalog's database, as often as one likes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from analytics.replication import published_column_types
from streaming.stores import federation


class Command(BaseCommand):
    help = "Makes the replica's tables readable in the catalog's database. Repeatable."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["setup"])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = federation.set_up(published_column_types())
        except DatabaseError as error:
            raise CommandError(f"Federation is not set up: {str(error).strip()}") from error
        for line in done or ["federation is as it should be"]:
            self.stdout.write(line)
