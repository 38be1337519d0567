"""`manage.py changes status|fill|rebase`: the feed of changes, for operators."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.changes.keeping import FeedStatus, changes_fill, changes_rebase, feed_status
from streaming.stores.commands import one_sentence
from streaming.stores.refusal import Failed
from streaming.stores.units import counted


class Command(BaseCommand):
    help = "Shows what holds the feed of changes up; notes titles that it lacks; repairs it after a restore."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="What waits and for whom. Exit code 1 when it is to be rebased.")
        actions.add_parser("fill", help="Note the titles that were written past the services.")
        actions.add_parser(
            "rebase", help="After a logical restore: give every row a position of this server."
        )

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        with one_sentence("The feed of changes is as it was", again="Running this again is safe."):
            if action == "fill":
                self.stdout.write(f"{counted(changes_fill(), 'title')} noted")
            elif action == "rebase":
                self.stdout.write(
                    f"{counted(changes_rebase(), 'title has', 'titles have')} a new position; readers start anew"
                )
            else:
                self._status(feed_status())

    def _status(self, status: FeedStatus) -> None:
        titles = counted(status.titles, "title")
        self.stdout.write(f"{titles} in the feed, {status.waiting:,} with a change not yet told")
        if status.held_by:
            held = status.held_by
            self.stdout.write(
                f"oldest transaction: {held.who} in {held.database}, {held.age.total_seconds():.1f} s, "
                f"{held.application or 'no name'}: {held.statement or '-'}"
            )
        if status.restored:
            raise Failed("The feed is of another server's history: run manage.py changes rebase.")
