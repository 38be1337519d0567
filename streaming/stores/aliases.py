"""The Django aliases of the three databases, by what they hold. Nothing but names, so that everything may import it."""

ANALYTICS = "default"
CATALOG = "catalog"
REPLICA = "analytics_replica"
