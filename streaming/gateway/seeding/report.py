"""What a seeding says at its end: counts, remarks, sample ids, and what to type next."""

import os
from collections.abc import Iterator

from streaming.gateway.seeding.run import Seeded

API = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/api/v1"  # as `make run PORT=…` serves it
LOGIN = (
    f"TOKEN=$(curl -s {API}/auth/token -H 'Content-Type: application/json' "
    """-d '{"username": "viewer", "password": "viewer-demo"}' | grep -o '"access":"[^"]*' | cut -d'"' -f4)"""
)


def report_lines(seeded: Seeded, *, demo: bool) -> Iterator[str]:
    """One line a store, then the rest. With `demo` also how to log in as the demo viewer."""
    for store, counts in seeded.counts.items():
        yield f"{store}: " + ", ".join(f"{count:,} {what}" for what, count in counts.items())
    yield from seeded.notes
    for what, sample in seeded.samples.items():
        yield f"sample {what}: {sample}"
    if "title" in seeded.samples:
        yield f"try: curl -s {API}/content/{seeded.samples['title']}/details"
        yield f"     curl -s {API}/content/trending/daily"
    if demo and "viewer" in seeded.samples:
        yield f"     {LOGIN}"
        history = f"{API}/content/users/{seeded.samples['viewer']}/watch-history"
        yield f'     curl -s -H "Authorization: Bearer $TOKEN" {history}'
