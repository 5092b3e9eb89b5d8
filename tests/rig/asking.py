"""One question to a database from a test that is not asynchronous."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg

Answer = TypeVar("Answer")


def ask(url: str, question: Callable[[psycopg.AsyncConnection[Any]], Awaitable[Answer]]) -> Answer:
    """Return the answer; each of its statements is kept at once."""

    async def connect() -> Answer:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            return await question(connection)

    return asyncio.run(connect())
