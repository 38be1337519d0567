"""`manage.py distribute`: the live catalog to distributed tables on Citus; run again, it goes on where it ended.

Exit codes: 0 all in place; 1 refused, interrupted or something found wrong; 2 no Citus on this server.
"""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from streaming.stores.citus.distributing import NoExtension, Plan, Refused, carry_out, distributing, plan
from streaming.stores.citus.progress import Progress
from streaming.stores.citus.verifying import verify
from streaming.stores.citus.watching import watching

AGAIN = "Run it again: it goes on from there."


class Command(BaseCommand):
    help = "Distributes the catalog's tables over the Citus cluster. Repeatable; resumes what was cut off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shards", type=int, metavar="N", help="of each distributed table; default 32")
        parser.add_argument("--online", action="store_true", help="writers go on while rows are copied")
        parser.add_argument("--dry-run", action="store_true", help="print the SQL and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        wish = {"shards": options["shards"], "online": options["online"]}
        try:
            if options["dry_run"]:
                self.stdout.write("\n".join(plan(**wish).script()))
                return
            with distributing():
                self._distribute(plan(**wish))
        except Refused as error:
            raise CommandError(str(error), returncode=2 if isinstance(error, NoExtension) else 1) from error
        except DatabaseError as error:
            reason = str(error).strip().partition("\n")[0]
            raise CommandError(f"Cut off: {reason}. {AGAIN}") from error
        except KeyboardInterrupt as error:
            raise CommandError(f"Interrupted. {AGAIN}", returncode=130) from error

    def _distribute(self, planned: Plan) -> None:
        started = time.monotonic()
        with Progress(planned.steps, self._line) as progress, watching(progress) as watch:
            before = carry_out(planned.steps, progress.announce)
        verified = verify(before)
        self.stdout.write("\n".join([*verified.lines(), watch.line()]))
        self.stdout.write(f"{len(planned.steps) or 'no'} steps in {time.monotonic() - started:.1f} s")
        if verified.findings:
            self.stdout.write("\n".join(map(str, verified.findings)))
            raise CommandError(f"Wrong with the distributed catalog: {len(verified.findings)}, listed above.")

    def _line(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()  # who reads a pipe sees the step begin
