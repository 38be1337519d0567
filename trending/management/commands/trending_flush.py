"""`manage.py trending_flush`: from the view counters to `trending_daily`, once; `manage.py worker` repeats it."""

from typing import Any

from django.core.management.base import BaseCommand

from streaming.stores.commands import one_sentence
from streaming.stores.outage import unavailable_as
from streaming.stores.units import counted
from trending.services import trending_flush


class Command(BaseCommand):
    help = "Writes the days that the counters hold to trending_daily. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        again = "Nothing is lost, run this again."
        with one_sentence("The views are not flushed", again=again), unavailable_as("a store"):
            written = trending_flush()
        for day, rows in written.items():
            self.stdout.write(f"{day}: {counted(rows, 'title')}")
        if not written:
            self.stdout.write("no views were counted yet")
