from django.apps import AppConfig
from django.core.checks import Tags, register

from streaming.stores.citus.cluster import distribution_is_complete
from streaming.stores.citus.placement import placement_is_declared


class StoresConfig(AppConfig):
    name = "streaming.stores"

    def ready(self) -> None:
        register(placement_is_declared, Tags.models)
        register(distribution_is_complete, Tags.database)
