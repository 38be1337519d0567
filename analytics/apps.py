from django.apps import AppConfig
from django.core.checks import Tags, register


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = "People and plays"

    def ready(self) -> None:
        from analytics import checks  # noqa: PLC0415  # it needs the models, which are loaded by now

        register(checks.replicated_is_published, Tags.models)
        register(checks.unpublished_columns_can_be_left_out, Tags.models)
