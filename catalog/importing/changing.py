"""Titles whose source says something else than last time.

What the source says is written; what editors added stays: status, images, rating, original title, their own
credits, genres and seasons, the character of an imported credit. That is known by comparing with the record
that the last import stored: only what it brought and the source no longer says is taken away. `published_at`
is written only when the source's own date changed, for editors move it too.

Every statement carries `content_id`, so on Citus it goes to the shards of these titles only.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from catalog.importing.identity import credit_id, person_id, season_id, source_id
from catalog.importing.inserting import genre_ids as existing_genre_ids
from catalog.importing.records import Format, Record, Row, Title
from catalog.models import Content, Credit, Season, Source
from catalog.services import contents_touch
from streaming.stores.aliases import CATALOG

WRITTEN = ("title", "content_type", "summary", "release_date", "duration_minutes", "updated_at")
AT_ONCE = 1000


def titles_change(
    *,
    source: Format,
    rows: Mapping[UUID, Row],
    before: Mapping[UUID, Record],
    genre_ids: Mapping[str, int],
    now: datetime,
) -> None:
    """Brings titles up to `rows`. `before` has the records of the last import."""
    said = {content_id: source.title_of(record) for content_id, record in before.items()}
    _write_titles(rows, said, now)
    _replace_credits(rows, said)
    _replace_seasons(rows, said)
    _replace_genres(rows, said, genre_ids)
    _write_sources(source.scheme, rows, now)
    contents_touch(rows)


def _write_titles(rows: Mapping[UUID, Row], said: Mapping[UUID, Title], now: datetime) -> None:
    groups: dict[bool, list[Content]] = {True: [], False: []}
    for content_id, row in rows.items():
        old, new = said.get(content_id), row.title
        groups[old is None or old.published_at != new.published_at].append(
            Content(
                content_id=content_id,
                title=new.title,
                content_type=new.content_type,
                summary=new.summary,
                release_date=new.release_date,
                duration_minutes=new.duration_minutes,
                status=Content.Status.PUBLISHED,  # for a title deleted a moment ago; others keep theirs
                published_at=new.published_at,
                created_at=now,
                updated_at=now,
            )
        )
    for dated, titles in groups.items():
        Content.objects.using(CATALOG).bulk_create(
            titles,
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["content_id"],
            update_fields=[*WRITTEN, "published_at"] if dated else list(WRITTEN),
        )


def _replace_credits(rows: Mapping[UUID, Row], said: Mapping[UUID, Title]) -> None:
    wanted = [
        Credit(
            id=credit_id(content_id, part),
            content_id=content_id,
            person_id=person_id(part.name),
            job=part.job,
            billing_order=order,
        )
        for content_id, row in rows.items()
        for order, part in enumerate(row.title.parts)
    ]
    brought = {credit_id(content_id, part) for content_id, old in said.items() for part in old.parts}
    _delete(Credit.objects.using(CATALOG).filter(content_id__in=rows), brought - {row.id for row in wanted})
    Credit.objects.using(CATALOG).bulk_create(
        wanted,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["content", "id"],
        update_fields=["billing_order"],
    )


def _replace_seasons(rows: Mapping[UUID, Row], said: Mapping[UUID, Title]) -> None:
    wanted = [
        Season(id=season_id(content_id, number), content_id=content_id, number=number)
        for content_id, row in rows.items()
        for number in range(1, row.title.seasons + 1)
    ]
    brought = {
        season_id(content_id, number)
        for content_id, old in said.items()
        for number in range(1, old.seasons + 1)
    }
    _delete(Season.objects.using(CATALOG).filter(content_id__in=rows), brought - {row.id for row in wanted})
    # An editor may have numbered a season already; then theirs is the one.
    Season.objects.using(CATALOG).bulk_create(wanted, batch_size=AT_ONCE, ignore_conflicts=True)


def _replace_genres(
    rows: Mapping[UUID, Row], said: Mapping[UUID, Title], genre_ids: Mapping[str, int]
) -> None:
    links = Content.genres.through
    gone: dict[str, list[UUID]] = {}
    for content_id, old in said.items():
        for name in set(old.genres) - set(rows[content_id].title.genres):
            gone.setdefault(name, []).append(content_id)
    for name, genre_id in existing_genre_ids(gone).items():
        links.objects.using(CATALOG).filter(content_id__in=gone[name], genre_id=genre_id).delete()
    links.objects.using(CATALOG).bulk_create(
        [
            links(content_id=content_id, genre_id=genre_ids[name])
            for content_id, row in rows.items()
            for name in row.title.genres
        ],
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )


def _write_sources(scheme: str, rows: Mapping[UUID, Row], now: datetime) -> None:
    Source.objects.using(CATALOG).bulk_create(
        [
            Source(
                id=source_id(content_id, scheme, row.key),
                content_id=content_id,
                scheme=scheme,
                value=row.key,
                record=row.record,
                digest=row.digest,
                imported_at=now,
            )
            for content_id, row in rows.items()
        ],
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["content", "scheme", "value"],
        update_fields=["record", "digest", "imported_at"],
    )


def _delete(found: QuerySet[Credit] | QuerySet[Season], ids: set[UUID]) -> None:
    if ids:
        found.filter(id__in=ids).delete()
