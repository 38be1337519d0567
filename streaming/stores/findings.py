"""What an inspection finds wrong: the one shape that `status` and the checking commands print and count.

A finding names what is wrong in one sentence and the command that repairs it; no findings means sound.
"""

from dataclasses import dataclass

# For a server that does not answer, whatever else may be the matter with it: nothing is to be mended by what destroys.
START = (
    "start the server (local stores: make run, or python -m dev up; compose: docker compose up -d), or correct its "
    "address and password in the environment"
)


@dataclass(frozen=True)
class Finding:
    """`repair` is what to type, starting with `manage.py` where a command of ours does it."""

    what: str
    repair: str

    def __str__(self) -> str:
        return f"{self.what} — {self.repair}"
