"""Read-through cache of JSON values that a writer can invalidate without a race.

A value is loaded under a mark of two random tokens: the key's own, renewed by `forget`, and the epoch of
everything, renewed by `forget_all`. A reader takes the mark before it asks the database and the value is stored
only while the mark still stands, so a read that began before a write does not put the old value back. (A key's
token may be evicted like anything here; it would have to happen while such a read is under way.) With the value
goes its epoch: one of another epoch, shape version or broken JSON counts as absent.

The cache is optional: when it is away, `read_through` loads and logs. A `forget` that did not get through is owed:
before this process next believes the cache, it renews the epoch. Until then, and if the process ends first, other
processes may serve what it should have forgotten, for `CACHE_TTL_SECONDS` at most.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import redis.exceptions
from django.conf import settings
from prometheus_client import Counter

from streaming.stores import redis as servers
from streaming.stores.timing import asked

logger = logging.getLogger(__name__)

VERSION = 2
EPOCH = "cache:epoch"
MARK_SECONDS = 600  # longer than any read takes, so that no reader outlives the token that stops it
UNREACHED = Counter("streaming_cache_unreached_total", "Calls that had to do without the cache.", ["call"])

_owed = threading.Event()  # a forget of this process did not get through

STORE_UNDER_MARK = """
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] or (redis.call('GET', KEYS[3]) or '') ~= ARGV[2] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
"""


def key_as_published(key: str, prefix: str, version: int) -> str:
    """Django's `KEY_FUNCTION`: other teams read these keys, so they carry no prefix and no version."""
    return key


def mark_of(key: str) -> str:
    return f"{key}:mark"


Lifetime = float | Callable[[Any], float | None] | None


def read_through(key: str, load: Callable[[], Any], *, seconds: Lifetime = None) -> Any:
    """The JSON value under `key`, else `load()`, stored for `seconds` (default and at most the cache's age limit).

    `seconds` may be a function of the value as JSON has it, asked right before it is stored; what has no time left
    is returned and not stored. `load` returns what `orjson` can write; None is returned but never stored. What
    `load` raises passes on.
    The value comes back as JSON has it, whether it was cached or not.
    """
    try:
        with asked("cache"):
            _pay()
            held, *marks = servers.cache().mget(key, mark_of(key), EPOCH)
    except redis.exceptions.RedisError as error:
        _do_without("read", key, error)
        return as_json(load())
    mark, epoch = map(_text, marks)
    value = _accepted(held, epoch)
    if value is not None:
        return value
    value = as_json(load())
    if value is not None:
        _store(key, value, mark, epoch, seconds)
    return value


def as_json(value: object) -> Any:
    """The value as it comes back from JSON, so that an answer is the same whether it was cached or not."""
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_UTC_Z))


def forget(keys: Iterable[str]) -> None:
    """Drops the values and stops every read that is under way from storing them."""
    pipeline = servers.cache().pipeline(transaction=True)
    for key in keys:
        pipeline.set(mark_of(key), uuid.uuid4().hex, ex=MARK_SECONDS)
        pipeline.delete(key)
    _run_or_owe("forget", pipeline.execute)


def forget_all() -> None:
    """Makes every value stale at once: for changes that touch more titles than one would name."""
    _run_or_owe("forget_all", _renew_epoch)


def _renew_epoch() -> None:
    servers.cache().set(EPOCH, uuid.uuid4().hex)


def _run_or_owe(call: str, command: Callable[[], object]) -> None:
    if not _run(call, command):
        _owed.set()


def _pay() -> None:
    if _owed.is_set():
        _owed.clear()  # first: what is lost from here on is owed again
        _run_or_owe("renewal", _renew_epoch)


def _run(call: str, command: Callable[[], object]) -> bool:
    """Whether it got through."""
    try:
        with asked("cache"):
            command()
    except redis.exceptions.RedisError as error:
        _do_without(call, "", error)
        return False
    return True


def _text(reply: bytes | str | None) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply or ""


def _accepted(held: bytes | str | None, epoch: str) -> Any:
    if not held:
        return None
    try:
        envelope = orjson.loads(held)  # of the bytes: decoded leniently, broken ones would pass for a value
    except orjson.JSONDecodeError:
        return None
    if not isinstance(envelope, dict) or envelope.get("version") != VERSION:
        return None
    if envelope.get("epoch") != epoch:
        return None
    return envelope.get("value")


def _store(key: str, value: Any, mark: str, epoch: str, lifetime: Lifetime) -> None:
    limit = settings.CACHE_TTL_SECONDS
    seconds = lifetime(value) if callable(lifetime) else lifetime
    milliseconds = int(min(limit, limit if seconds is None else seconds) * 1000)
    if milliseconds <= 0:
        return
    envelope = orjson.dumps({"version": VERSION, "epoch": epoch, "value": value})
    _run(
        "store",
        lambda: servers.cache().eval(
            STORE_UNDER_MARK, 3, key, mark_of(key), EPOCH, mark, epoch, envelope, milliseconds
        ),
    )


def _do_without(call: str, key: str, error: redis.exceptions.RedisError) -> None:
    logger.warning("cache %s went without: %s %s", call, key, error)
    UNREACHED.labels(call=call).inc()
