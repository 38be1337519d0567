"""Where milestones are, and that no page walks along more titles than to the next."""

from collections import deque
from datetime import date
from uuid import UUID

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from catalog import milestones
from catalog.listing import list_query, titles_list
from catalog.milestones import milestones_ahead
from catalog.models import Content, SearchDocument
from catalog.orders import ORDERS
from catalog.search.matching import Sql
from catalog.search.rebuilding import documents_fill
from streaming.stores.aliases import CATALOG
from tests.catalog.listing.world import World
from tests.catalog.search.explaining import rows_read
from tests.environment import DISTRIBUTED
from tests.factories import ContentFactory, GenreFactory

MANY = 12_000


@pytest.fixture
def every_twentieth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milestones, "FIRST", 20)
    monkeypatch.setattr(milestones, "SHARE", 1)


@pytest.mark.usefixtures("every_twentieth")
@pytest.mark.parametrize("sort", ORDERS)
def test_each_milestone_is_twice_as_far_as_the_one_before(world: World, sort: str) -> None:
    order = ORDERS[sort]
    places = list(
        SearchDocument.objects.public()
        .annotate(place=order.value)
        .order_by(*order.fields())
        .values_list("place", "content_id")
    )

    assert 160 < len(places) < 300
    milestones = [places[rank - 1] for rank in (20, 40, 80, 160)]
    assert milestones_ahead(sort) == milestones
    for behind, ahead in ((1, 4), (19, 4), (20, 3), (21, 3), (159, 1), (160, 0), (len(places), 0)):
        assert milestones_ahead(sort, places[behind - 1]) == milestones[4 - ahead :], behind


def test_a_sample_says_about_where_they_are(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milestones, "FIRST", 400)
    monkeypatch.setattr(milestones, "SHARE", 8)
    # Ids as far from each other as ids of chance are on an average, in no order that their popularity has.
    step = 2**128 // 2000
    Content.objects.bulk_create(
        [
            ContentFactory.build(content_id=UUID(int=step * (n * 7919 % 2000) + 1), rating_count=n + 1)
            for n in range(2000)
        ]
    )
    deque(documents_fill(), maxlen=0)

    milestone, *_ = milestones_ahead("popularity")

    before = SearchDocument.objects.filter(ORDERS["popularity"].until(milestone)).count()
    assert 350 <= before <= 450


@pytest.mark.slow
@pytest.mark.skipif(
    DISTRIBUTED, reason="a shard of a few hundred titles is read whole: that is less than its indexes"
)
def test_a_page_is_bounded_work(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the rows that PostgreSQL reads: as far as milestones are asked for, or those that pass the filter."""
    monkeypatch.setattr(milestones, "FIRST", 300)
    monkeypatch.setattr(milestones, "SHARE", 1)
    _fill()
    for asked, found, statements in (
        ({"genre": "even,odd"}, 0, 2),  # which never go together, each common
        ({"genre": "even,odd", "sort": "title"}, 0, 2),
        ({"genre": "silent", "sort": "-year"}, 21, 2),  # all at the end of the order
        ({"genre": "silent", "sort": "year"}, 21, 1),
        ({"genre": "even", "year": "1930..1931", "sort": "-year"}, 21, 2),
        ({"genre": "silent", "sort": "title"}, 21, 2),  # ten up to the first milestone, twenty up to the next
        ({"genre": "even"}, 21, 1),
        ({}, 21, 1),
    ):
        with CaptureQueriesContext(connections[CATALOG]) as sent:
            page = titles_list(query=list_query(asked), limit=20)

        assert len(page.results) + bool(page.last) == found, asked
        pages = [each["sql"].replace("%", "%%") for each in sent if "LIMIT 21" in each["sql"]]
        assert len(pages) == statements, asked
        read = [rows_read(Sql(statement, ())) for statement in pages]
        assert sum(read) <= 300 + 400, (asked, read)


def _fill() -> None:
    even, odd, silent = (GenreFactory(name=name) for name in ("even", "odd", "silent"))
    titles = [
        ContentFactory.build(
            title=f"Title {n * 7919 % MANY:05}", release_date=date(1925 + n // 120, 5, 17), rating_count=n
        )
        for n in range(MANY)
    ]
    Content.objects.bulk_create(titles, batch_size=1000)
    links = Content.genres.through
    links._default_manager.bulk_create(
        [
            *(
                links(content_id=title.pk, genre_id=(odd if n % 2 else even).pk)
                for n, title in enumerate(titles)
            ),
            *(links(content_id=title.pk, genre_id=silent.pk) for title in titles[:400]),
        ],
        batch_size=5000,
    )
    deque(documents_fill(), maxlen=0)
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) search_documents")  # of what other tests deleted as well
