"""`manage.py data_model`: draws the picture of docs/data-model.md anew from the models."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from streaming.gateway.data_model import with_picture

DOCUMENT = settings.BASE_DIR / "docs" / "data-model.md"


class Command(BaseCommand):
    help = "Draws the picture of the data model in docs/data-model.md anew. A test tells when it is due."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            before = DOCUMENT.read_text()
            drawn = with_picture(before)
        except (OSError, LookupError, ValueError) as error:
            raise CommandError(str(error)) from error
        DOCUMENT.write_text(drawn)
        self.stdout.write(f"{DOCUMENT.name}: {'as it was' if drawn == before else 'drawn anew'}.")
