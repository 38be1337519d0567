"""What this package raises for anything that the person at the keyboard can put right."""

import errno


class DevError(Exception):
    """One sentence that says what is wrong and what to do; the command exits with 1."""


class NotReady(Exception):
    """A server does not answer yet (or any more); the text is its reason."""


def disk_full_sentence(where: object) -> str:
    return f"the disk that holds {where} is full: free some space, then run this again"


def sentence_for(error: OSError) -> str:
    """An operating-system error as one sentence for a person."""
    where = error.filename or "the instance's data"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full_sentence(where)
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"no permission for {where}: run this as the user who made the instance, "
            "or remove the folder .local as that user"
        )
    if error.errno == errno.EROFS:
        return f"{where} is on a read-only file system: clone the project somewhere writable"
    return f"{error.strerror or error}: {where}"
