"""How work that an operator ordered says that it was not done: one sentence, and the exit code of the command.

Entry points: `Refused` and `Failed`, of which a class of its own is made where a caller tells one from another;
`first_line`, for what a driver said. `streaming.stores.commands` prints them.
"""


class Failed(Exception):
    """Not done, or not to the end. The message is one sentence that says why and what to do."""

    returncode = 1


class Refused(Failed):
    """Nothing was changed, for a reason that the operator can change."""

    returncode = 2


def first_line(error: BaseException | None) -> str:
    """The first line of what a driver said, without the parts that are for its authors and without a full stop."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    first = first.removeprefix("FATAL:").removeprefix("ERROR:").lstrip()
    return first.partition(", Timeout: ")[0].partition(" (configured timeouts:")[0].rstrip(".")
