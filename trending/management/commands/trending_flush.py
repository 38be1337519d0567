"""`manage.py trending_flush`: from the view counters to `trending_daily`; run it by cron, as often as one likes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from trending.services import trending_flush


class Command(BaseCommand):
    help = "Writes the days that the counters hold to trending_daily. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = trending_flush()
        except RedisError as error:
            raise CommandError(
                f"The counters cannot be read: {error}. Nothing was lost; run again."
            ) from error
        for day, rows in written.items():
            self.stdout.write(f"{day}: {rows} titles")
        if not written:
            self.stdout.write("no views were counted yet")
