import os
import random
import socket

import pytest

from dev.placement import SHARED, shared_folder
from dev.processes import birth_mark
from tests.dev.conftest import Bench

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user"),
]


def _free_base() -> str:
    """Eight ports in a row for a clone's `run`."""
    while True:
        base = random.randrange(12000, 19000)
        sockets = [socket.socket() for _ in range(8)]
        try:
            for offset, each in enumerate(sockets):
                each.bind(("127.0.0.1", base + offset))
            return str(base)
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()


def test_a_clone_out_of_reach_keeps_its_data_in_var_tmp_until_reset(clone: Bench) -> None:
    shared = shared_folder(clone.instance)
    up = clone.run("up", "--fast", env={"DEV_PORT_BASE": _free_base()})
    assert up.returncode == 0, up.stderr
    pids = clone.pids()

    assert f"data       {shared}/run/data" in up.stdout
    assert shared.parent == SHARED
    assert (shared / "run" / "data" / "catalog").stat().st_uid != 0
    assert not (clone.instance.folder / "data").exists()

    reset = clone.run("reset")

    assert reset.returncode == 0, reset.stderr
    assert not shared.exists()
    assert not clone.instance.folder.exists()
    assert [pid for pid in pids.values() if birth_mark(pid)] == []


def test_a_folder_that_somebody_planted_in_var_tmp_is_not_used(clone: Bench) -> None:
    shared = shared_folder(clone.instance)
    shared.mkdir()
    os.chown(shared, 65534, 65534)
    try:
        result = clone.run("up")
    finally:
        shared.rmdir()

    assert result.returncode == 1
    assert f"{shared} belongs to somebody else" in result.stderr
