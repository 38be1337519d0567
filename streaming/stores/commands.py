"""How a management command ends when it does not succeed: one sentence on stderr and an exit code, no traceback.

0 done, 1 failed or something found wrong, 2 refused with nothing changed, 130 interrupted.

Entry point: `one_sentence`. Failure: `CommandError` is its purpose; what is no operator's to mend passes through.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import Error

from streaming.stores.outage import StoreUnavailable
from streaming.stores.refusal import Failed, first_line

INTERRUPTED = 130  # 128 + SIGINT, as a shell has it
SECONDS_TO_GREET = 5.0  # for `guarded`: a busy server is not a frozen one, and long work is not lost for that


@contextmanager
def one_sentence(doing: str, *, again: str = "") -> Iterator[None]:
    """Raises `CommandError` for `Failed`, an error of a database or an outage of a store, and for Ctrl-C.

    `doing` says what failed, as in "Federation is not set up", and what the store said follows it; `again` is a
    sentence about what stays and what to type.
    """
    try:
        yield
    except Failed as error:
        raise CommandError(f"{str(error).rstrip('.')}.", returncode=error.returncode) from error
    except StoreUnavailable as error:
        said = f"{error.store} is not available ({first_line(error.__cause__)})"
        raise CommandError(f"{doing}: {said}. {again}".rstrip()) from error
    except Error as error:
        raise CommandError(f"{doing}: {first_line(error)}. {again}".rstrip()) from error
    except KeyboardInterrupt as error:
        raise CommandError(f"Interrupted. {again}".rstrip(), returncode=INTERRUPTED) from error
