"""Every alias brought to the code's migrations, in the order that keeps rows flowing to the replica."""

from streaming.stores.migrating.running import AWAIT_SECONDS, NotMigrated, migrate, planned
from streaming.stores.migrating.steps import Step, unapplied

__all__ = ["AWAIT_SECONDS", "NotMigrated", "Step", "migrate", "planned", "unapplied"]
