"""`manage.py document_indexes`: the indexes of every collection, made by command and never by a request."""

from typing import Any

import pymongo
from django.core.management.base import BaseCommand
from pymongo.errors import PyMongoError

from reviews.documents import Review
from streaming.stores.commands import one_sentence
from streaming.stores.refusal import Failed, first_line

BUILD_SECONDS = 3600  # an index over millions of reviews; a request has a fraction of a second


class Command(BaseCommand):
    help = "Creates the document collections' indexes. Repeatable."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        with one_sentence("The document store's indexes are not made", again="Run this again."):
            try:
                with pymongo.timeout(BUILD_SECONDS):
                    Review.ensure_indexes()
            except PyMongoError as error:
                raise Failed(f"The document store's indexes are not made: {first_line(error)}") from error
        names = ", ".join(sorted(Review._get_collection().index_information()))
        self.stdout.write(f"reviews: {names}")
