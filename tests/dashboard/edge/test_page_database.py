"""How long a page waits: for the database not for ever, for its own reckoning as long as that takes.

A page that has waited in vain asks again by itself.
"""

import asyncio
import time

import pytest
from playwright.sync_api import Page, expect

from dashboard.database import DatabaseAwayError, database_opener
from tests.fixtures.access import let_in
from tests.fixtures.office import Office
from tests.rig.patience import PATIENCE_MS


def test_a_page_waits_for_an_answer_only_so_long(database_url: str) -> None:
    async def read() -> None:
        async with database_opener(database_url, 0.2)() as connection:
            await connection.execute("select pg_sleep(30)")

    with pytest.raises(DatabaseAwayError):
        asyncio.run(read())


def test_long_reckoning_is_no_database_that_is_away(database_url: str) -> None:
    async def read() -> object:
        async with database_opener(database_url, 0.2)() as connection:
            await connection.execute("select 1")
            await asyncio.to_thread(time.sleep, 0.5)
            return await (await connection.execute("select 2")).fetchone()

    assert asyncio.run(read()) == (2,)


def test_pages_without_a_beat_ask_again_once_the_database_was_away(office: Office, page: Page) -> None:
    office.let_nobody_in()
    let_in(page, office.address)
    paths = ("/vehicles/LSVAU2A37N2183294", "/vehicles?find=123", "/analytics")
    pages = {path: page.context.new_page() for path in paths}
    for path, tab in pages.items():
        tab.goto(f"{office.address}{path}")
        expect(tab.locator(".notice")).to_contain_text("goes on trying", timeout=PATIENCE_MS)
    office.let_nobody_in(False)
    for tab in pages.values():
        expect(tab.locator(".empty")).to_be_visible(timeout=PATIENCE_MS)
        expect(tab.locator(".notice")).to_have_count(0)
