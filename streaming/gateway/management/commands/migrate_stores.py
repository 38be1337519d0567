"""`manage.py migrate_stores`: every database at the code's migrations, in the order that keeps rows flowing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analytics.replication import published_columns
from streaming.stores.migrating import AWAIT_SECONDS, NotMigrated, Refused, Step, migrate, planned


class Command(BaseCommand):
    help = (
        "Migrates every database: additive changes of replicated tables replica first, destructive ones replica "
        "last; refuses what would stop the apply worker. Repeatable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--plan", action="store_true", help="print the steps that are left, and do nothing"
        )
        parser.add_argument(
            "--await-seconds",
            type=float,
            default=AWAIT_SECONDS,
            metavar="N",
            help=f"how long a replica that comes last may take to catch up; default {AWAIT_SECONDS:g}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        quieter = {"verbosity": max(0, options["verbosity"] - 1), "stdout": self.stdout}
        try:
            steps = planned(published_columns())
            if options["plan"]:
                self._print_plan(steps)
                return
            for done in migrate(steps, await_seconds=options["await_seconds"], **quieter):
                self.stdout.write(_line(done))
        except Refused as error:
            raise CommandError(str(error), returncode=2) from error
        except NotMigrated as error:
            raise CommandError(str(error)) from error
        if not steps:
            self.stdout.write("every database is at the code's migrations")

    def _print_plan(self, steps: list[Step]) -> None:
        for number, step in enumerate(steps, 1):
            self.stdout.write(f"{number}. {_line(step)}\n   {step.why}")
        if not steps:
            self.stdout.write("nothing is left to migrate")


def _line(step: Step) -> str:
    names = [".".join(migration) for migration in step.migrations]
    what = names[0] if len(names) == 1 else f"{len(names)} migrations, {names[0]} to {names[-1]}"
    return f"{step.alias}: {what}"
