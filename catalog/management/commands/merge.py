"""`manage.py merge titles|people LOSER SURVIVOR`, `merge undo ID`, `merge candidates`."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from catalog.merging import Unconfirmed, content_unmerge, contents_merge, people_merge, person_unmerge
from catalog.merging.candidates import duplicate_candidates
from catalog.models import PersonMerge
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from streaming.stores.commands import one_sentence
from streaming.stores.units import counted


class Command(BaseCommand):
    help = "Merges titles or people that are one, undoes it, and names titles that may be one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for action in ("titles", "people"):
            merging = actions.add_parser(
                action, help=f"Merge two {action}: LOSER's address leads to SURVIVOR."
            )
            merging.add_argument("loser", type=UUID)
            merging.add_argument("survivor", type=UUID)
            if action == "titles":
                merging.add_argument("--dry-run", action="store_true", help="Count what would be taken over.")
                merging.add_argument(
                    "--unlike", action="store_true", help="They are one though not of one type."
                )
        actions.add_parser("undo", help="Take a merge back.").add_argument("id", type=UUID)
        listing = actions.add_parser("candidates", help="Titles of one name, type and year.")
        listing.add_argument("--limit", type=int, default=50)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        with one_sentence("Nothing is merged", again="Running this again goes on from there."):
            getattr(self, f"_{action}")(**options)

    def _titles(self, *, loser: UUID, survivor: UUID, dry_run: bool, unlike: bool, **_: Any) -> None:
        try:
            with mixed_transaction(CATALOG):
                merged = contents_merge(loser_id=loser, survivor_id=survivor, confirmed=unlike)
                transaction.set_rollback(dry_run, using=CATALOG)
        except Unconfirmed as error:
            raise Unconfirmed(f"{error} Say so by --unlike.") from error
        taken = ", ".join(f"{count} {kind}" for kind, count in merged.taken.items()) or "nothing"
        said = f"{survivor} took over {taken}" + (" (not written)" if dry_run else "")
        self.stdout.write("\n".join([said, *merged.left]))

    def _people(self, *, loser: UUID, survivor: UUID, **_: Any) -> None:
        credits = people_merge(loser_id=loser, survivor_id=survivor)
        self.stdout.write(f"{counted(credits, 'credit is', 'credits are')} {survivor}'s now")

    def _undo(self, *, id: UUID, **_: Any) -> None:
        of_person = PersonMerge.objects.using(CATALOG).filter(person=id).exists()
        kept = person_unmerge(person_id=id) if of_person else content_unmerge(content_id=id)
        self.stdout.write("\n".join([f"{id} is itself again", *(f"left as it is: {what}" for what in kept)]))

    def _candidates(self, *, limit: int, **_: Any) -> None:
        groups = duplicate_candidates(limit=limit)
        if not groups:
            self.stdout.write("no two titles have one name, type and year")
        for first, *others in groups:
            self.stdout.write(f"{first.content_type}, {first.year or 'no year'}:")
            for each in (first, *others):
                self.stdout.write(f"  {each.content_id}  “{each.title}”, {each.status}")
