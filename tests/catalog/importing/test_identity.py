"""Ids that imports make: the same as the standard library's, whoever reads them."""

import copy
import pickle
import uuid

import pytest

from catalog.importing.identity import NAMESPACE, uuid5


@pytest.mark.parametrize("name", ["", "imdb:tt0000001", "person:Ünïcödé — 東京", *map(str, range(64))])
def test_an_id_is_that_of_the_standard_library(name: str) -> None:
    made, standard = uuid5(NAMESPACE, name), uuid.uuid5(NAMESPACE, name)

    assert (made, str(made), made.bytes, hash(made)) == (
        standard,
        str(standard),
        standard.bytes,
        hash(standard),
    )
    assert made.version == 5
    assert uuid5(made, "child") == uuid.uuid5(standard, "child")


def test_an_id_survives_being_copied() -> None:
    made = uuid5(NAMESPACE, "imdb:tt0000001")

    for again in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301  # of ours
        assert (again, str(again)) == (made, str(made))
