"""How often titles were watched lately: what search falls back on where its matches are equal.

It is no change of a title: `updated_at`, the feed and the cached record stay. Entry point: `recent_views_set`. Failure:
`django.db.Error`s.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.models import Content, SearchDocument
from catalog.search.documents import popularity_of
from streaming.stores.aliases import CATALOG

AT_ONCE = 500


def recent_views_set(*, views: Mapping[UUID, int], after: UUID | None, upto: UUID | None) -> int:
    """Of the titles past `after` and up to `upto` in id order (None: without end): those in `views` get theirs, the
    others none. Only what differs is written; how many titles that were."""
    within = Q() if after is None else Q(content_id__gt=after)
    within &= Q() if upto is None else Q(content_id__lte=upto)
    titles = Content.objects.using(CATALOG).filter(within).order_by("content_id")
    concerned = titles.filter(Q(content_id__in=views) | Q(recent_views__gt=0))
    with transaction.atomic(using=CATALOG):
        changed = []
        for title in concerned.only("content_id", "rating_count", "recent_views"):
            if title.recent_views != views.get(title.content_id, 0):
                title.recent_views = views.get(title.content_id, 0)
                changed.append(title)
        Content.objects.using(CATALOG).bulk_update(changed, ["recent_views"], batch_size=AT_ONCE)
        documents = [
            SearchDocument(
                content_id=title.content_id,
                popularity=popularity_of(rating_count=title.rating_count, recent_views=title.recent_views),
            )
            for title in changed
        ]
        SearchDocument.objects.using(CATALOG).bulk_update(documents, ["popularity"], batch_size=AT_ONCE)
    return len(changed)
