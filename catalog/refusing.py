"""What the catalog's services refuse: one class, which pages and commands catch, whatever the reason.

Entry point: `ChangeRefused`; the services have a class of their own where a caller tells one reason from another.
"""

from streaming.stores.refusal import Refused


class ChangeRefused(Refused):
    """Nothing was changed; the message is a sentence for whoever asked."""
