from django.apps import AppConfig


class StoresConfig(AppConfig):
    name = "streaming.stores"
