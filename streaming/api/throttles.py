"""Rate limits, counted exactly: one script on the state server counts and reads in a single step.

A fixed window per scope and caller. The caller is the viewer's id, else the address; `X-Forwarded-For` counts
only as far as `TRUSTED_PROXIES` says. When the state server is away calls pass, logged and counted: a limit
is worth less than an answer.
"""

import ipaddress
import logging
from dataclasses import dataclass
from functools import cache

import redis.exceptions
from django.conf import settings
from prometheus_client import Counter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from streaming.stores.redis import state
from streaming.stores.timing import asked

logger = logging.getLogger(__name__)
UNCOUNTED = Counter("streaming_throttle_uncounted_total", "Calls let pass because the counter was away.")
WINDOW_SECONDS = {"s": 1, "min": 60, "h": 3600}

COUNT_CALL = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""


@dataclass(frozen=True)
class Rate:
    calls: int
    seconds: int


@cache
def rate_of(text: str) -> Rate:
    """`"600/min"` as a `Rate`. Raises ValueError, KeyError for what is not one."""
    calls, window = text.split("/")
    return Rate(int(calls), WINDOW_SECONDS[window])


def caller_of(request: Request) -> str:
    if request.user is not None and request.user.is_authenticated:
        return str(request.user.pk)
    return address_of(request)


def address_of(request: Request) -> str:
    """The client's address, of IPv6 its network: what a trusted proxy wrote down last, else the peer's own."""
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    trusted = settings.TRUSTED_PROXIES
    candidate = forwarded[-trusted] if trusted and len(forwarded) >= trusted else request.META["REMOTE_ADDR"]
    try:
        address = ipaddress.ip_address(candidate)
    except ValueError:
        return "unknown"
    if address.version == 6:  # whoever has one address has the 2^64 of its network
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class ScopedThrottle(BaseThrottle):
    """Limits one scope of `THROTTLE_RATES`; subclasses name it."""

    scope: str
    wait_seconds = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        rate = rate_of(settings.THROTTLE_RATES[self.scope])
        key = f"throttle:{self.scope}:{caller_of(request)}"
        try:
            with asked("state"):
                count, seconds = state().eval(COUNT_CALL, 1, key, rate.seconds)
        except redis.exceptions.RedisError as error:
            logger.warning("throttle %s not counted: %s", self.scope, error)
            UNCOUNTED.inc()
            return True
        self.wait_seconds = max(1, seconds)
        request._request.META["streaming.rate_limit"] = {
            "RateLimit-Limit": str(rate.calls),
            "RateLimit-Remaining": str(max(0, rate.calls - count)),
            "RateLimit-Reset": str(self.wait_seconds),
        }
        return bool(count <= rate.calls)

    def wait(self) -> float:
        return self.wait_seconds


class AuthThrottle(ScopedThrottle):
    scope = "auth"


class WriteThrottle(ScopedThrottle):
    scope = "write"
