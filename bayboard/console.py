"""What commands that print tables share: one connection to the database, the table, and times in it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

_Answer = TypeVar("_Answer")
# Where no terminal says how wide it is, a line of a table stays a line.
_WIDTH_OF_A_FILE = 200


def ask_database(
    database_url: str | None, question: Callable[[AsyncConnection[Any]], Awaitable[_Answer]]
) -> _Answer:
    """Return the answer to one question; what it changed is kept unless it failed."""
    assert database_url  # noqa: S101  # required by every command here

    async def ask(database_url: str) -> _Answer:
        async with await psycopg.AsyncConnection.connect(database_url, connect_timeout=5) as connection:
            return await question(connection)

    return asyncio.run(ask(database_url))


def print_table(headings: list[str], rows: list[list[str]]) -> None:
    """Print rows as a table."""
    table = Table(*headings, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE).print(table)


def say_time(at: datetime | None) -> str:
    """Return a time for a table, in this machine's own zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "never"


def say_length(length: timedelta) -> str:
    """Return a length of time in hours and minutes."""
    minutes = round(length.total_seconds() / 60)
    if minutes == 0:
        return "at once"
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest else "")))
