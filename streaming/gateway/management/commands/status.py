"""`manage.py status`: one screen for all stores; exit code 1 when anything is wrong."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streaming.gateway.status import status_report
from streaming.gateway.status_screen import screen
from streaming.stores.commands import one_sentence


class Command(BaseCommand):
    help = "Shows every store, what is wrong and which command repairs it. Exit code 1 when anything is."
    requires_system_checks = ()  # the screen is for when something is wrong

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines; the keys stay")

    def handle(self, *args: Any, **options: Any) -> None:
        with one_sentence("The stores cannot be inspected"):
            report = status_report()
        self.stdout.write(json.dumps(report.as_json(), indent=2) if options["json"] else screen(report))
        if report.found:
            count = len(report.found)
            raise CommandError(f"{count} {'thing is' if count == 1 else 'things are'} wrong.", returncode=1)
