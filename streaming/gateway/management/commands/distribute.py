"""`manage.py distribute`: the live catalog to distributed tables on Citus; run again, it goes on where it ended.

Ctrl-C ends it within seconds: the statement under way is cancelled with its session.
"""

import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streaming.gateway.distribution_screen import lines
from streaming.stores.citus.distributing import MOST_SHARDS, SHARDS, Plan, carry_out, distributing, plan
from streaming.stores.citus.progress import Progress
from streaming.stores.citus.verifying import verify
from streaming.stores.citus.watching import watching
from streaming.stores.commands import SECONDS_TO_GREET, one_sentence
from streaming.stores.deadline import guarded
from streaming.stores.units import counted

AGAIN = "Run it again: it goes on from there."


def shards(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SHARDS:
        raise ArgumentTypeError(f"{text!r} is no number of shards from 1 to {MOST_SHARDS}")
    return int(text)


class Command(BaseCommand):
    help = "Distributes the catalog's tables over the Citus cluster. Repeatable; resumes what was cut off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--shards", type=shards, metavar="N", help=f"of each distributed table; default {SHARDS}"
        )
        parser.add_argument("--online", action="store_true", help="writers go on while rows are copied")
        parser.add_argument("--dry-run", action="store_true", help="print the SQL and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        wish = {"shards": options["shards"], "online": options["online"]}
        with one_sentence("Cut off", again=AGAIN), guarded(SECONDS_TO_GREET):
            if options["dry_run"]:
                self.stdout.write("\n".join(plan(**wish).script()))
                return
            with distributing():
                self._distribute(plan(**wish))

    def _distribute(self, planned: Plan) -> None:
        started = time.monotonic()
        with Progress(planned.steps, self._line) as progress, watching(progress) as watch:
            before = carry_out(planned.steps, progress.announce)
        verified = verify(before)
        self.stdout.write("\n".join([*lines(verified), watch.line()]))
        steps = counted(len(planned.steps), "step") if planned.steps else "no steps"
        self.stdout.write(f"{steps} in {time.monotonic() - started:.1f} s")
        if verified.findings:
            self.stdout.write("\n".join(map(str, verified.findings)))
            raise CommandError(f"Wrong with the distributed catalog: {len(verified.findings)}, listed above.")

    def _line(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()  # who reads a pipe sees the step begin
