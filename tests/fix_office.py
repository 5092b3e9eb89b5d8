"""A manager's desk for tests of pages: a dashboard, its database, and signing in to it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from playwright.sync_api import Page
from psycopg import sql

from bayboard.commands.access import make_link
from bayboard.console import ask_database
from config.settings import DEFAULT_WORKSHOP_FILE
from dashboard.access.identity import Role
from tests.fix_access import KEY
from tests.fix_database import as_role
from tests.fix_processes import StartCommand

SECOND_SITE = """
[[site]]
key = "s2"
en = "Second workshop"
zh = "二号车间"
timezone = "Asia/Shanghai"
"""


@dataclass(slots=True)
class Office:
    """A running dashboard and the database behind it."""

    address: str
    connection: psycopg.Connection
    database_url: str

    def link(self, *sites: str) -> str:
        """Return a link that signs in a manager of these sites, or of every site."""
        now = datetime.now(UTC)

        def make() -> str:
            return ask_database(
                self.database_url,
                lambda connection: make_link(
                    connection,
                    self.address,
                    Role.MANAGER,
                    sites or None,
                    now,
                    timedelta(hours=1),
                    reusable=True,
                ),
            )

        # Playwright's own loop runs in this thread, where asyncio starts no second one.
        with ThreadPoolExecutor(1) as apart:
            return apart.submit(make).result()

    def open(self, page: Page, path: str, *sites: str) -> None:
        """Sign in and open a page once it has its data."""
        page.goto(self.link(*sites))
        page.goto(f"{self.address}{path}")
        page.wait_for_selector("main > .with-data, main > .without-data, main > .without-rows")

    def let_nobody_in(self, nobody: bool = True) -> None:
        """Have the database refuse new connections, as one does that is away, or stop that."""
        name = self.connection.info.dbname
        with psycopg.connect(self.database_url.replace(name, "postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("alter database {} with allow_connections {}").format(
                    sql.Identifier(name), sql.Literal(not nobody)
                )
            )


class ServeDashboard(Protocol):
    def __call__(self, database_url: str, **environment: str) -> str: ...


@pytest.fixture
def serve_dashboard(start_bayboard: StartCommand, free_port: Callable[[], int]) -> ServeDashboard:
    """Start a dashboard over a database, wait until it is ready, and return its address."""

    def serve(database_url: str, **environment: str) -> str:
        port = free_port()
        own = as_role(database_url, "serve")
        known = {"BAYBOARD_DATABASE_URL": own, "BAYBOARD_SECRET_KEY": KEY, **environment}
        server = start_bayboard("serve", "--port", str(port), **known)
        server.wait_for_answer(f"http://127.0.0.1:{port}/readyz")
        return f"http://127.0.0.1:{port}"

    return serve


@pytest.fixture
def office(database_url: str, serve_dashboard: ServeDashboard, tmp_path: Path) -> Iterator[Office]:
    """The dashboard of two workshops, without devices and messages."""
    workshop_file = tmp_path / "workshop.toml"
    workshop_file.write_text(DEFAULT_WORKSHOP_FILE.read_text() + SECOND_SITE)
    address = serve_dashboard(database_url, BAYBOARD_WORKSHOP_FILE=str(workshop_file))
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Office(address, connection, database_url)
