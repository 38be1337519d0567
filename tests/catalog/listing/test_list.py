"""`GET /content` against a model in Python: hundreds of random questions, their pages and their counts."""

import random
from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from tests.catalog.listing.world import (
    World,
    expected,
    expected_counts,
    random_parameters,
)
from tests.factories import PersonFactory

FACETS = ("genre", "type", "year", "country", "keyword", "studio")
ENOUGH = 200


@pytest.mark.usefixtures("first_milestone")
def test_every_list_and_every_count_is_what_the_model_finds(world: World, api: APIClient) -> None:
    rng = random.Random(11)
    empty, several_pages, named = 0, 0, set()
    for _ in range(ENOUGH):
        parameters = random_parameters(rng, world)
        named |= set(parameters)
        limit, facet = rng.choice((1, 7, 40, 100)), rng.choice(FACETS)

        answer = api.get(f"/api/v1/content?{urlencode({**parameters, 'limit': limit, 'facets': facet})}")

        assert answer.status_code == 200, (parameters, answer.content)
        ids = [str(content_id) for content_id in expected(world, parameters)]
        page = [card["content_id"] for card in answer.json()["results"]]
        assert page == ids[:limit], parameters
        assert (answer.json()["next"] is None) == (len(ids) <= limit), parameters
        if answer.json()["next"]:
            following = api.get(answer.json()["next"]).json()
            assert [card["content_id"] for card in following["results"]] == ids[limit : 2 * limit], parameters
        counts = {each["value"]: each["count"] for each in answer.json()["facets"][facet]}
        assert counts == expected_counts(world, parameters, facet), (facet, parameters)
        empty += not ids
        several_pages += len(ids) > limit
    # The questions are of all kinds, or the above has shown nothing.
    assert len(named) == 13
    assert empty < ENOUGH / 2 and several_pages > ENOUGH / 4


def test_a_merged_person_stands_for_whom_they_were_merged_into(world: World, api: APIClient) -> None:
    kept, nobody = world.people[0], PersonFactory()
    merged = PersonFactory(merged_into_id=kept)

    def found(person: object) -> list[str]:
        return [card["content_id"] for card in api.get(f"/api/v1/content?person={person}").json()["results"]]

    assert found(merged.pk) == found(kept) != []
    assert found(nobody.pk) == []
