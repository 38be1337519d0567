"""`manage.py worker`: what happens by itself; one process beside the web server. SIGTERM ends it after its round."""

import signal
from argparse import ArgumentTypeError
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from streaming.gateway.worker import work
from streaming.stores.deadline import guard_postgres


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 3600:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0, at most 3600")
    return value


class Command(BaseCommand):
    help = (
        "Flushes views to trending_daily at intervals, notes titles that their dates show or hide, and deletes expired "
        "tokens once a day, until SIGTERM."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--flush-seconds", type=seconds, default=60.0, help="Between flushes; default 60."
        )
        parser.add_argument("--heartbeat", type=Path, help="A file to touch after every round.")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        guard_postgres()
        # In a thread of its own: a handler that sets the event may not interrupt the thread that holds its lock.
        with ThreadPoolExecutor(1, "worker") as pool:
            pool.submit(
                work, stop=stop, flush_seconds=options["flush_seconds"], heartbeat=options["heartbeat"]
            ).result()
