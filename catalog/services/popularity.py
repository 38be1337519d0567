"""How often titles were watched lately: what search falls back on where its matches are equal.

It is no change of a title: `updated_at`, the feed and the cached record stay. Entry point: `recent_views_set`. Failure:
`django.db.Error`s; each batch is a transaction of its own, and what was written stays.
"""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.locking import again_after_deadlock, contents_lock
from catalog.models import Content, SearchDocument
from catalog.search.documents import popularity_of
from streaming.stores.aliases import CATALOG

AT_ONCE = 500


def recent_views_set(*, views: Mapping[UUID, int], after: UUID | None, upto: UUID | None) -> int:
    """Of the titles past `after` and up to `upto` in id order (None: without end): those in `views` get theirs, the
    others none. Only what differs is written; how many titles that were."""
    within = Q() if upto is None else Q(content_id__lte=upto)
    concerned = Content.objects.using(CATALOG).filter(within, Q(content_id__in=views) | Q(recent_views__gt=0))
    written = 0
    while found := list(concerned.after_id(after).values_list("content_id", "recent_views")[:AT_ONCE]):
        differing = [content_id for content_id, known in found if known != views.get(content_id, 0)]
        if differing:
            written += again_after_deadlock(partial(_write, differing, views))
        after = found[-1][0]
    return written


def _write(ids: list[UUID], views: Mapping[UUID, int]) -> int:
    """The votes that stand beside the views are read once nobody else can write them."""
    with transaction.atomic(using=CATALOG):
        contents_lock(ids)
        titles = list(Content.objects.using(CATALOG).filter(content_id__in=ids).order_by("content_id"))
        for title in titles:
            title.recent_views = views.get(title.content_id, 0)
        Content.objects.using(CATALOG).bulk_update(titles, ["recent_views"])
        documents = [
            SearchDocument(
                content_id=title.content_id,
                popularity=popularity_of(rating_count=title.rating_count, recent_views=title.recent_views),
            )
            for title in titles
        ]
        SearchDocument.objects.using(CATALOG).bulk_update(documents, ["popularity"])
    return len(titles)
