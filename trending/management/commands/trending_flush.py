"""`manage.py trending_flush`: from the view counters to `trending_daily`, once; `manage.py worker` repeats it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streaming.stores.outage import StoreUnavailable, unavailable_as
from trending.services import FlushUnderWay, trending_flush


class Command(BaseCommand):
    help = "Writes the days that the counters hold to trending_daily. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with unavailable_as("the counters or the catalog"):
                written = trending_flush()
        except FlushUnderWay as error:
            raise CommandError("Another flush is under way, which writes the same views.") from error
        except StoreUnavailable as error:
            reason = str(error.__cause__).strip().splitlines()[0]
            raise CommandError(
                f"The views are not flushed, because a store does not answer ({reason}); "
                "nothing is lost, run this again."
            ) from error
        for day, rows in written.items():
            self.stdout.write(f"{day}: {rows} titles")
        if not written:
            self.stdout.write("no views were counted yet")
