"""`python -m dev`: refuses with a sentence where the servers cannot run, else hands over to `cli`."""

import sys

from dev.platforms import refusal

_REFUSAL = refusal()
if _REFUSAL:
    sys.exit(f"dev: {_REFUSAL}")

from dev.cli import main  # noqa: E402  # imports POSIX-only modules, so only after the check

if __name__ == "__main__":
    sys.exit(main())
