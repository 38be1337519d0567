"""Who asks, as query parameters: the territory and the maturity limit, the same for one title, lists and search."""

from rest_framework import serializers

from catalog.codes import territory_code
from catalog.models.shared import OLDEST_AGE
from streaming.api.inputs import StrictSerializer


class AudienceQuery(StrictSerializer):
    """Without `available_in`: what is open anywhere. Without `maturity_lte`: no limit. `catalog.audience` reads it."""

    available_in = serializers.CharField(
        required=False,
        max_length=2,
        validators=[territory_code],
        help_text="ISO 3166 code of a territory, as in DE; WW for what is open in the whole world.",
    )
    maturity_lte = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=OLDEST_AGE,
        help_text="Age in years; a title whose rating is unknown is within no limit.",
    )
