"""What samples of the titles tell, held by each process for a while.

Such a value decides how titles are found, never which: one of a minute ago does as well. So it is asked of the cache,
where all processes share it, once in `HELD` seconds, by one thread while the others go on with the last one; and a
process that has to do without the cache takes a sample as seldom, not for every question.

Entry points: `sampled`; `forget_samples` for tests. Failure: what `load` raises, where there is no last value.
"""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple, TypeVar, cast

from django.db import Error

from streaming.stores.cache import read_through

logger = logging.getLogger(__name__)

HELD = 30.0  # seconds


class _Held(NamedTuple):
    value: Any
    until: float  # by `time.monotonic`


_held: dict[str, _Held] = {}
_asking: dict[str, Lock] = {}
Told = TypeVar("Told")


def sampled(key: str, load: Callable[[], Any], told: Callable[[Any], Told]) -> Told:
    """`told` of the JSON value that the cache has under `key`, else of `load()`."""

    def take() -> _Held:
        return _Held(told(read_through(key, load)), time.monotonic() + HELD)

    held, asking = _held.get(key), _asking.setdefault(key, Lock())
    if held is None:
        _held[key] = held = take()
    elif time.monotonic() >= held.until and asking.acquire(blocking=False):
        try:
            _held[key] = held = take()
        except Error as error:
            logger.warning("%s is kept for longer, for a sample could not be taken: %s", key, error)
            _held[key] = held._replace(until=time.monotonic() + HELD)
        finally:
            asking.release()
    return cast("Told", held.value)


def forget_samples() -> None:
    _held.clear()
