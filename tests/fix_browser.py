"""A real Chromium for tests, through Playwright.

Owns one browser for the session and a page for each test, which fails the test on whatever a
page must never do: an error in the console or in a script, or a request to another machine.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    WebError,
    expect,
    sync_playwright,
)

from tests.patience import PATIENCE_MS

# Debian's Chromium without the parts that draw windows: the same engine for a third less work.
_CHROMIUM = "chromium-headless-shell"
# Beside what Playwright itself turns off: the sandbox (which root may not have), updates, background traffic.
_FLAGS = ["--disable-gpu", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
_SCREEN: ViewportSize = {"width": 1920, "height": 1080}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "expects_console(*parts): errors in the page's console that contain one of these are allowed",
    )
    config.addinivalue_line("markers", "browser: needs Chromium; given to each test that uses its fixture")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of pages, before `-m` chooses, and run them last.

    Playwright keeps an event loop of its own running in this thread from the first page to
    the end of the session, and asyncio.run refuses to start a second one there.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@contextmanager
def launch_browser() -> Iterator[Browser]:
    """Run Debian's Chromium without a window, for as long as the context lasts."""
    with sync_playwright() as playwright:
        # Chromium does not run under a clock that was moved (scripts/prove_moments.sh), and so keeps its own.
        environment: dict[str, str | float | bool] = {
            name: value for name, value in os.environ.items() if name != "LD_PRELOAD"
        }
        browser = playwright.chromium.launch(
            executable_path=shutil.which(_CHROMIUM), args=_FLAGS, env=environment
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    # Playwright's own driver links with libatomic, which Chromium's package does not always bring.
    parts = {_CHROMIUM: shutil.which(_CHROMIUM), "libatomic1": find_library("atomic")}
    if missing := " ".join(name for name, found in parts.items() if not found):
        pytest.fail(f"Chromium cannot run: apt-get install {missing}, or run `make test` as root")
    expect.set_options(timeout=PATIENCE_MS)
    with launch_browser() as browser:
        yield browser


@pytest.fixture
def page_complaints() -> list[str]:
    """What the page did that a page must never do; a test that provokes one may clear the list."""
    return []


@pytest.fixture
def page(browser: Browser, page_complaints: list[str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on a screen like the wall's, with no memory of other tests."""
    marker = request.node.get_closest_marker("expects_console")
    expected: tuple[str, ...] = marker.args if marker else ()

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in expected):
            page_complaints.append(f"console: {message.text} ({message.location['url']})")

    def watch(sent: Request) -> None:
        address = urlsplit(sent.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            page_complaints.append(f"request to another machine: {sent.url}")

    def catch(error: WebError) -> None:
        page_complaints.append(f"script: {error.error}")

    context = browser.new_context(viewport=_SCREEN)
    context.set_default_timeout(PATIENCE_MS)
    context.on("console", hear)
    context.on("request", watch)
    context.on("weberror", catch)
    page = context.new_page()
    yield page
    context.close()
    assert not page_complaints, "\n".join(page_complaints)
