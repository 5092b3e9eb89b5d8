"""How long a page waits: for the database not for ever, for its own reckoning as long as that takes."""

import asyncio
import time

import pytest

from dashboard.database import DatabaseAwayError, database_opener


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
