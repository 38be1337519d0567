from django.apps import AppConfig
from django.core.checks import Tags, register

from streaming.stores.citus.placement import placement_is_declared


class StoresConfig(AppConfig):
    name = "streaming.stores"

    def ready(self) -> None:
        register(placement_is_declared, Tags.models)
