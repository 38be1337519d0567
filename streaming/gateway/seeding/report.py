"""What a seeding says at its end: counts, remarks, sample ids, and what to type next."""

from collections.abc import Iterator

from streaming.gateway.seeding.run import Seeded

LOGIN = (
    "TOKEN=$(curl -s {api}/auth/token -H 'Content-Type: application/json' "
    """-d '{{"username": "viewer", "password": "viewer-demo"}}' | grep -o '"access":"[^"]*' | cut -d'"' -f4)"""
)


def report_lines(seeded: Seeded, *, api: str, demo: bool) -> Iterator[str]:
    """One line a store, then the rest, with calls of the API at `api`; with `demo` also the demo login."""
    for store, counts in seeded.counts.items():
        yield f"{store}: " + ", ".join(f"{count:,} {what}" for what, count in counts.items())
    yield from seeded.notes
    for what, sample in seeded.samples.items():
        yield f"sample {what}: {sample}"
    if "title" in seeded.samples:
        yield f"try: curl -s {api}/content/{seeded.samples['title']}/details"
        yield f"     curl -s {api}/content/trending/daily"
        yield f"     curl -s -G {api}/content --data-urlencode 'keyword=road trip' -d facets=genre"
    if demo and "viewer" in seeded.samples:
        yield f"     {LOGIN.format(api=api)}"
        history = f"{api}/content/users/{seeded.samples['viewer']}/watch-history"
        yield f'     curl -s -H "Authorization: Bearer $TOKEN" {history}'
