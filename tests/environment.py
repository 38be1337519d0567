"""Pytest plugin (`-p tests.environment`): each worker of a run gets stores of its own on the shared servers.

It runs before Django's settings are read. PostgreSQL databases get their worker's suffix from pytest-django;
here the document database, the Redis databases and the replication slot follow. The servers themselves are
started once per run, around pytest: `python -m dev --instance test exec --fast -- pytest`.

TEST_CATALOG says how the catalog's test databases lie: `distributed` over Citus workers (`make test-citus`), or
`plain` (`make test`), which leaves the tests marked `citus` to the former. Unset, they are plain and those
tests run wherever Citus is found.
"""

import os
import signal
from urllib.parse import urlsplit

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
NUMBER = int(WORKER.removeprefix("gw") or 0)

CATALOG_LIES = os.environ.get("TEST_CATALOG", "")
DISTRIBUTED = CATALOG_LIES == "distributed"

if CATALOG_LIES not in ("", "plain", "distributed"):
    raise pytest.UsageError("TEST_CATALOG is `plain` or `distributed`.")
# A run in the background of a shell begins with Ctrl-C ignored, and the commands that tests interrupt inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

if "CATALOG_DATABASE_URL" not in os.environ:
    raise pytest.UsageError(
        "The tests need their stores: run `make test`, or see CONTRIBUTING.md for a single one."
    )

if DISTRIBUTED and not os.environ.get("CITUS_WORKERS"):
    raise pytest.UsageError("TEST_CATALOG=distributed needs the stores of a PostgreSQL with Citus.")


def _with_path(url: str, path: str) -> str:
    return urlsplit(url)._replace(path=path).geturl()


os.environ["CACHE_URL"] = _with_path(os.environ["CACHE_URL"], f"/{NUMBER}")
os.environ["STATE_URL"] = _with_path(os.environ["STATE_URL"], f"/{NUMBER}")
os.environ["MONGODB_URL"] = _with_path(os.environ["MONGODB_URL"], f"/test_streaming_{WORKER or 'alone'}")
os.environ["REPLICATION_SLOT"] = f"test_analytics_sub_{WORKER or 'alone'}"
os.environ["DEBUG"] = "false"
