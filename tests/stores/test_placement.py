"""Places of the catalog's tables: every model is declared, and without Citus the commands say so."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import models
from django.test.utils import isolate_apps

from dev import citus
from streaming.stores.aliases import CATALOG
from streaming.stores.citus import cluster
from streaming.stores.citus.placement import DISTRIBUTED, REFERENCE, placement_is_declared

plain_only = pytest.mark.skipif(
    citus.find(None) is not None, reason="of a catalog on a server without the citus extension"
)


def test_every_model_of_the_catalog_has_a_place() -> None:
    assert placement_is_declared() == []
    assert {apps.get_model(label)._meta.label_lower for label in (*REFERENCE, *DISTRIBUTED)} == {
        *REFERENCE,
        *DISTRIBUTED,
    }


@isolate_apps("catalog", attr_name="isolated")
def test_a_model_without_a_place_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Award(models.Model):
        class Meta:
            app_label = "catalog"

    monkeypatch.setattr(apps, "get_models", lambda **_: [Award])

    (error,) = placement_is_declared()

    assert (error.id, error.msg) == (
        "stores.E001",
        "catalog.Award has a table in the catalog's database and no place on Citus.",
    )


@plain_only
@pytest.mark.parametrize("arguments", [(), ("--dry-run",), ("--online", "--shards", "8")])
def test_distribute_without_citus_ends_with_2(stores: None, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("distribute", *arguments, stdout=StringIO())

    assert refused.value.returncode == 2
    assert str(refused.value) == (
        "This server has no Citus: install the extension and put citus first in shared_preload_libraries."
    )


@plain_only
def test_plain_postgresql_has_nothing_to_distribute(stores: None) -> None:
    assert (cluster.nodes(), cluster.placed(), cluster.undistributed(), cluster.findings()) == (
        [],
        {},
        [],
        [],
    )
    assert [message.id for message in run_checks(databases=[CATALOG])] == []
