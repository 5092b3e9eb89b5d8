"""A workshop that stands still: fixed cars, a server and a browser for which no time passes.

Owns the server and how a page is kept from counting on, so that a picture of a page is the same
whenever and wherever it is taken.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import pytest
import uvicorn
from playwright.sync_api import Page

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.access.identity import SESSION_COOKIE, Role, Ticket, User, session_box
from dashboard.office.whatif import OpenWhatIf
from tests.catalogue import put_operations
from tests.fix_access import KEY
from tests.fix_database import DatabaseServer
from tests.fix_visit import NOON, Visits
from tests.patience import PATIENCE_MS
from tests.still_life import put_still_life

# The page's own clock is a number that only a test moves; pulses go on saying the server's frozen time.
_NO_TIME_PASSES = """
    window.passed = 0;
    performance.now = () => window.passed;
    window.streams = [];
    window.EventSource = class extends EventSource {
        constructor(address) { super(address); window.streams.push(this); }
    };
"""
# Debian's fonts-noto-cjk has every letter of both languages; other fonts of a machine would look otherwise.
_ONE_FONT = ":root { --font: 'Noto Sans CJK SC' !important; }"


@dataclass(slots=True)
class Still:
    """A dashboard whose clock says `now`."""

    address: str
    now: datetime = NOON

    def sign_in(self, page: Page) -> None:
        """Have the browser be a manager's."""
        cookie = session_box(KEY).sign(Ticket(User(Role.MANAGER), self.now + timedelta(days=1)))
        page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": self.address}])

    def visit(self, page: Page, path: str, *, lang: str) -> None:
        """Open a page as a manager on whose screen no time passes."""
        self.sign_in(page)
        page.add_init_script(_NO_TIME_PASSES)
        page.goto(f"{self.address}{path}{'&' if '?' in path else '?'}lang={lang}")
        page.add_style_tag(content=_ONE_FONT)

    def visit_board(self, page: Page, path: str, *, lang: str) -> None:
        """Open a board and wait until it is current."""
        self.visit(page, path, lang=lang)
        page.wait_for_selector("html:not([data-stale]) #board[data-seen=live]", timeout=PATIENCE_MS)


def lose_connection(page: Page) -> None:
    """Have a board hear nothing for forty seconds, and wait until it shows that."""
    page.context.set_offline(True)
    # What is open already stays open without a network.
    page.evaluate("streams.forEach((stream) => stream.close()); window.passed = 40_000")
    page.wait_for_selector("html[data-expired][data-stale]", timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def standstill_template(postgresql_server: DatabaseServer) -> str:
    """Name the database that the cars of noon are added to; a module may have one with a past."""
    return postgresql_server.migrated_template()


@pytest.fixture(scope="module")
def standstill(postgresql_server: DatabaseServer, standstill_template: str) -> Iterator[Still]:
    """One dashboard for the tests of a module, with the cars of noon."""
    with postgresql_server.make_database(standstill_template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            put_still_life(Visits(connection, url))
            put_operations(connection)
        with serve_still(url) as shop:
            yield shop


@pytest.fixture
def still(standstill: Still) -> Still:
    """A dashboard at noon, where nothing moves."""
    standstill.now = NOON
    return standstill


@contextmanager
def serve_still(database_url: str, open_what_if: OpenWhatIf | None = None) -> Iterator[Still]:
    """Serve a database as it is at noon, for as long as the context lasts."""
    # Imported here: a test of something else must not fail over a broken page.
    from dashboard.app import create_app  # noqa: PLC0415

    listening = socket.create_server(("127.0.0.1", 0))
    shop = Still(f"http://127.0.0.1:{listening.getsockname()[1]}")
    app = create_app(
        database_url=database_url,
        workshop=load_workshop(DEFAULT_WORKSHOP_FILE),
        secret_key=KEY,
        public_url="http://bayboard.test",  # stands in the waiting room's code
        open_what_if=open_what_if,
        clock=lambda: shop.now,
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=[[listening]])
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    try:
        yield shop
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
