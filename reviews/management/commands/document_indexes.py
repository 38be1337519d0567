"""`manage.py document_indexes`: the indexes of every collection, made by command and never by a request."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from pymongo.errors import PyMongoError

from reviews.documents import Review


class Command(BaseCommand):
    help = "Creates the document collections' indexes. Repeatable."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            Review.ensure_indexes()
        except PyMongoError as error:
            raise CommandError(f"The document store's indexes are not made: {error}") from error
        names = ", ".join(sorted(Review._get_collection().index_information()))
        self.stdout.write(f"reviews: {names}")
