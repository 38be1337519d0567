"""Why a merge or its undoing is refused; the message is a sentence for whoever asked."""

from streaming.stores.refusal import Refused


class CannotMerge(Refused):
    """Nothing was changed."""
