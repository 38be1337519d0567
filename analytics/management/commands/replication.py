"""`manage.py replication setup|status|check|resync|promote`: the analytics primary and its replica.

`status` and `check` end with exit code 1 when something is wrong, and name the command that repairs it. `resync` and
`promote` may be interrupted and run again. The work is in `streaming.stores.replication`.
"""

import json
from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from analytics import replication_screen as screen
from analytics.replication import STAND_INS, published_column_types, published_columns
from streaming.stores.commands import SECONDS_TO_GREET, one_sentence
from streaming.stores.deadline import guarded
from streaming.stores.federation import setup as federation
from streaming.stores.replication import checking, resyncing, setup, status
from streaming.stores.replication.leaving import alone_on_replica
from streaming.stores.replication.position import wait_until_applied
from streaming.stores.replication.promotion import promoting

CATCH_UP_SECONDS = 600.0
AGAIN = "Look at `manage.py replication status`; it may be run again."


class Command(BaseCommand):
    help = "Sets up, inspects, repairs and swaps the analytics primary and its replica."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("setup", help="publication, subscription and roles; repeatable")
        shown = actions.add_parser("status", help="lag, slot, errors; exit code 1 when something is wrong")
        shown.add_argument("--json", action="store_true")
        _add_limit(
            actions.add_parser("check", help="compares all rows of both sides and names those that differ")
        )
        _add_limit(
            actions.add_parser("resync", help="rebuilds the replica; reads go to the primary meanwhile")
        )
        promote = actions.add_parser("promote", help="makes the replica the primary")
        way = promote.add_mutually_exclusive_group()
        way.add_argument("--undo", action="store_true", help="give the primary its writers back")
        way.add_argument("--primary-lost", action="store_true", help="with what the replica has")
        promote.add_argument(
            "--without-passwords",
            action="store_true",
            help="with --primary-lost: accept what it says is lost",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        action = options["action"]
        guard = guarded(SECONDS_TO_GREET) if action != "promote" else nullcontext()  # promote copies by COPY
        with one_sentence(f"replication {action} did not finish", again=AGAIN), guard:
            getattr(self, f"_{action}")(options)

    def _setup(self, options: dict[str, Any]) -> None:
        for line in setup.set_up(published_columns()) or ["replication is as it should be"]:
            self.stdout.write(line)

    def _status(self, options: dict[str, Any]) -> None:
        state = status.replication_status(published_columns())
        found = status.findings(state)
        if options["json"]:
            self.stdout.write(json.dumps(screen.as_json(state, found), indent=2))
        else:
            self.stdout.write("\n".join(screen.lines(state, found)))
        if found:
            raise CommandError(f"{len(found)} found wrong." if len(found) > 1 else "One thing found wrong.")

    def _check(self, options: dict[str, Any]) -> None:
        published = published_columns()
        with _bar(published) as bar:
            found = checking.check(published, limit=options["limit"], advance=bar.update)
        self.stdout.write("\n".join(screen.comparison_lines(found)))
        if not found.equal:
            raise CommandError("The replica differs from the primary: run `manage.py replication resync`.")
        status.forget_skipped()

    def _resync(self, options: dict[str, Any]) -> None:
        published = published_columns()
        with alone_on_replica():
            resyncing.rebuild(
                published,
                federate=lambda: federation.set_up(published_column_types()),
                note=self.stdout.write,
            )
            with _bar(published) as bar:
                resyncing.wait_until_copied(lambda copied: bar.update(copied - bar.n))
            wait_until_applied(CATCH_UP_SECONDS)
        self.stdout.write("every table copied and applied; comparing")
        self._check(options)

    def _promote(self, options: dict[str, Any]) -> None:
        if options["undo"]:
            promoting.undo(note=self.stdout.write)
            return
        if options["primary_lost"] and not options["without_passwords"]:
            raise CommandError(f"{screen.LOST_WITH_PRIMARY} To accept that, add --without-passwords.")
        try:
            with alone_on_replica():
                if options["primary_lost"]:
                    promoting.promote_without_primary(
                        published_columns(), stand_ins=STAND_INS, note=self.stdout.write
                    )
                else:
                    with _bar(published_columns()) as bar:
                        promoting.promote(published_columns(), note=self.stdout.write, advance=bar.update)
        except promoting.AlreadyPromoted:
            self.stdout.write("the replica is a primary already")
        self.stdout.write("\n".join(screen.next_steps(primary_lost=options["primary_lost"])))


def _bar(published: checking.Published) -> tqdm:
    """On a terminal only."""
    return tqdm(total=checking.estimated_rows(published), unit=" rows", unit_scale=True, disable=None)


def _add_limit(parser: ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=20, help="rows to name at most (%(default)s); all count")
