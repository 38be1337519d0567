"""Why a merge or its undoing is refused; the message is a sentence for whoever asked."""

from catalog.refusing import ChangeRefused


class CannotMerge(ChangeRefused):
    """Nothing was changed."""


class Unconfirmed(CannotMerge):
    """It is done once somebody says that it is meant."""
