from django.apps import AppConfig

from streaming.stores.documents import connect_documents


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self) -> None:
        """Registers the connection; nothing is contacted before the first query."""
        connect_documents()
