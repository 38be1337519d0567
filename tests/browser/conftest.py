"""A real browser on the real pages: headless Chromium, driven by Playwright, and a server in a thread.

The browser is not among the pinned packages: it is found on PATH, or named by CHROMIUM. Without one these tests are
skipped by name, and `.ci/run` brings one where it may.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The background services of a browser look for hosts that a test machine does not reach.
ARGUMENTS = [
    "--no-sandbox",  # as root, which CI is, there is none
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = chromium()
    if found is None:
        pytest.skip("needs Chromium: on PATH, or named by CHROMIUM")
    # Playwright keeps an event loop in this thread, and Django then refuses queries that a test makes itself.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield running
        connections.close_all()  # beside that loop Django keeps a set of its own, which nobody else would close
        running.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def address(stores: None) -> Iterator[str]:
    """Of a server on the test's own stores."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture
def context_with(browser: Browser, address: str) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts, each like a browser of its own, and closes them before the server goes."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": {"width": 1100, "height": 850}, **options})
        context.set_default_timeout(15_000)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def tab(context_with: Callable[..., BrowserContext], address: str) -> Iterator[Page]:
    """An empty page. A script that fails, or something from another host, fails the test."""
    page = context_with().new_page()
    failures: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert failures == []
    assert [url for url in asked if not url.startswith(address)] == []
