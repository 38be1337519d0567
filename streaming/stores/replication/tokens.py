"""What a viewer's reads have to have seen: the primary's WAL position after that viewer's last write.

Kept in the state for `REPLICA_TOKEN_SECONDS` as `replica:wrote:<user_id>`; `replica:wrote:everyone` is for writes
whose own token could not be stored. Positions are written as PostgreSQL writes them, padded, so that the greater one
is the greater text: a script keeps the greatest, so a write that ends late cannot move a token back. A lower one is
kept beside it, as `…:late`, and each goes in its own time: a token that nothing reaches, from before a promotion or
of a write whose position was not known, is not held up by the writes after it, and they are waited for once it is gone.

Entry points: `note`, `needed`. Failure: `redis.RedisError`.
"""

from typing import Any
from uuid import UUID

from django.conf import settings

from streaming.stores import redis
from streaming.stores.replication.applied import lsn_or_none
from streaming.stores.timing import asked

KEY = "replica:wrote:{}"
EVERYONE = "everyone"
LATE = KEY + ":late"
GREATEST = """
local held = redis.call('GET', KEYS[1])
if not held or held <= ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
    return
end
local late = redis.call('GET', KEYS[2])
if late and late > ARGV[1] then
    redis.call('EXPIRE', KEYS[2], ARGV[2])
else
    redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
end
"""


def note(lsn: int, *, user_id: UUID | None) -> None:
    """Has reads of this user, None for everybody's own, ask for `lsn` bytes of WAL from now on."""
    keys = [key.format(user_id or EVERYONE) for key in (KEY, LATE)]
    with asked("state"):
        redis.state().eval(GREATEST, len(keys), *keys, padded(lsn), settings.REPLICA_TOKEN_SECONDS)


def needed(*, user_id: UUID) -> int:
    """WAL position in bytes that a read of this user's needs; 0 when nothing was written lately."""
    keys = [key.format(whose) for whose in (user_id, EVERYONE) for key in (KEY, LATE)]
    with asked("state"):
        held: Any = redis.state().mget(keys)
    return max(lsn_or_none(value.decode()) or 0 if value else 0 for value in held)


def padded(lsn: int) -> str:
    return f"{lsn >> 32:08X}/{lsn & 0xFFFFFFFF:08X}"
