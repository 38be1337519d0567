"""`manage.py migrate_stores`: every database at the code's migrations, in the order that keeps rows flowing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from analytics.replication import published_columns
from streaming.stores.commands import SECONDS_TO_GREET, one_sentence
from streaming.stores.deadline import guarded
from streaming.stores.migrating import AWAIT_SECONDS, Step, migrate, planned

AGAIN = "What ran stays: the next run goes on from there."


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
        with one_sentence("Not every database is migrated", again=AGAIN), guarded(SECONDS_TO_GREET):
            steps = planned(published_columns())
            if options["plan"]:
                self._print_plan(steps)
                return
            for done in migrate(steps, await_seconds=options["await_seconds"], **quieter):
                self.stdout.write(_line(done))
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
