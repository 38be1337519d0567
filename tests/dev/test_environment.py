import shlex
import subprocess

import pytest

from dev.environment import exports, for_child
from dev.errors import DevError
from dev.instance import Instance

VARIABLES = {
    "MONGODB_URL": "mongodb://127.0.0.1:1/streaming?directConnection=true&authSource=admin",
    "HOSTILE": 'it\'s $(touch x) `date` "quoted" \\ end',
}


def test_a_shell_that_evaluates_env_gets_the_very_values() -> None:
    script = f'{exports(VARIABLES)}\nprintf \'%s\\n\' "$MONGODB_URL" "$HOSTILE"'

    printed = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout

    assert printed.splitlines() == list(VARIABLES.values())


def test_every_line_of_env_is_an_export_in_single_quotes() -> None:
    assert exports({"CACHE_URL": "redis://127.0.0.1:1/0"}) == "export CACHE_URL='redis://127.0.0.1:1/0'"
    assert [shlex.split(line)[0] for line in exports(VARIABLES).splitlines()] == ["export", "export"]


def test_a_command_gets_the_instances_stores_but_the_callers_key_and_debug() -> None:
    ours = {"CACHE_URL": "ours", "SECRET_KEY": "ours", "DEBUG": "true"}
    callers = {"CACHE_URL": "production", "SECRET_KEY": "theirs", "DEBUG": "false", "HOME": "/home"}

    assert for_child(ours, callers) == {
        "CACHE_URL": "ours",
        "SECRET_KEY": "theirs",
        "DEBUG": "false",
        "HOME": "/home",
    }


def test_workers_of_a_cluster_that_is_not_ours_are_not_passed_on() -> None:
    callers = {"CITUS_WORKERS": "10.0.0.1:5432", "CITUS_SPARES": "10.0.0.2:5432"}

    assert for_child({"CACHE_URL": "ours"}, callers) == {"CACHE_URL": "ours"}


@pytest.mark.parametrize("name", ["", "../run", "Run", "a b", "x" * 50])
def test_an_instance_name_cannot_leave_its_folder(name: str) -> None:
    with pytest.raises(DevError, match="no instance name"):
        Instance.named(name)
