"""`python -m dev`: refuses with a sentence where the servers cannot run, else hands over to `cli`."""

import sys

from dev.platforms import missing_packages_reason, refusal

_REFUSAL = refusal()
if _REFUSAL:
    sys.exit(f"dev: {_REFUSAL}")

# Only after the check: it imports modules that exist on POSIX only.
try:
    from dev.cli import main
except ImportError as error:
    if not error.name or error.name.startswith("dev"):
        raise
    sys.exit(f"dev: {missing_packages_reason([error.name])}")

if __name__ == "__main__":
    sys.exit(main())
