"""`manage.py workers` where there is no cluster; with one: tests/citus/test_workers.py."""

import pytest
from django.core.management import CommandError, call_command

from streaming.stores.citus import cluster, workers
from tests.environment import DISTRIBUTED


@pytest.mark.skipif(DISTRIBUTED, reason="the test database is on Citus")
@pytest.mark.parametrize("arguments", [("list",), ("list", "--json"), ("drain", "a:1"), ("rebalance",)])
def test_without_the_extension_it_is_one_sentence_and_exit_code_2(
    stores: None, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("workers", *arguments)

    assert refused.value.returncode == 2
    assert str(refused.value) == (
        "The catalog has no workers yet: `manage.py workers add HOST:PORT` joins the first."
        if cluster.extension_available()
        else "The catalog's server has no Citus, so it has no workers: docs/operations.md says what it needs."
    )


@pytest.mark.skipif(DISTRIBUTED, reason="the test database is on Citus")
def test_plain_postgresql_has_no_node_to_find_fault_with(stores: None) -> None:
    assert workers.findings() == []
