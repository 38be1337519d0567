"""`manage.py replication setup`: the publication, the subscription and their role, as often as one likes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from analytics.replication import published_columns
from streaming.stores.replication import setup


class Command(BaseCommand):
    help = "Sets up logical replication from the analytics primary to its replica. Repeatable."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["setup"])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = setup.set_up(published_columns())
        except DatabaseError as error:
            raise CommandError(f"Replication is not set up: {str(error).strip()}") from error
        for line in done or ["replication is as it should be"]:
            self.stdout.write(line)
