"""The two Redis-protocol servers: `cache` may forget anything at any time, `state` must not.

Retries are off: a command whose reply was lost may have run, and `INCR` would count twice. What must be
retried carries an event id and goes through a script. Failure: `redis.RedisError` within a tenth of a second.
"""

from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django_redis import get_redis_connection
from redis.backoff import NoBackoff
from redis.retry import Retry

SECONDS_TO_ANSWER = 0.1


def cache() -> redis.Redis:
    """Raw client of the cache, for commands Django's cache API does not have. Values are bytes."""
    client: redis.Redis = get_redis_connection("default")
    return client


def state(*, seconds: float = SECONDS_TO_ANSWER) -> redis.Redis:
    """Raw client of the durable state. Values are bytes. Commands that load in bulk give it more `seconds`."""
    return _client(settings.STATE_URL, settings.STATE_PASSWORD, seconds)


@lru_cache(maxsize=4)
def _client(url: str, password: str, seconds: float) -> redis.Redis:
    options: dict[str, Any] = {
        "password": password or None,
        "socket_connect_timeout": SECONDS_TO_ANSWER,
        "socket_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
    }
    return redis.Redis.from_url(url, **options)
