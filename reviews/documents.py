"""The collection `reviews`: one document per viewer and title, its replies inside it.

Field names and index keys are published. `_id` is the review's UUID. Indexes are made by
`manage.py document_indexes`, never lazily by a request. Documents are inserted with `force_insert` and changed
by single-document operators: mongoengine's `save()` of a loaded document would re-create a deleted one.
"""

import uuid
from datetime import UTC, datetime

import mongoengine as me


def utc_now() -> datetime:
    """Now, in MongoDB's precision of milliseconds: what is answered is what is stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Reply(me.EmbeddedDocument):
    user_id = me.UUIDField(required=True, binary=True)
    comment = me.StringField(required=True, max_length=2000)
    created_at = me.DateTimeField(required=True, default=utc_now)


class Review(me.Document):
    review_id = me.UUIDField(primary_key=True, binary=True, default=uuid.uuid4)
    content_id = me.UUIDField(required=True, binary=True)
    user_id = me.UUIDField(required=True, binary=True)
    rating = me.FloatField(required=True, min_value=1, max_value=10)
    comment = me.StringField(required=True, max_length=10_000)
    created_at = me.DateTimeField(required=True, default=utc_now)
    is_spoiler = me.BooleanField(required=True, default=False)
    likes_count = me.IntField(required=True, default=0, min_value=0)
    replies = me.EmbeddedDocumentListField(Reply)

    meta = {
        "collection": "reviews",
        "auto_create_index": False,
        "strict": False,  # fields that a later version added are no reason to fail
        "indexes": [
            {
                "fields": ["content_id", "user_id"],
                "unique": True,
                "name": "one_per_viewer_and_title",
            },
            {
                "fields": ["content_id", "-created_at", "-review_id"],
                "name": "of_title_newest_first",
            },
            {"fields": ["user_id", "-created_at"], "name": "of_viewer_newest_first"},
        ],
    }
