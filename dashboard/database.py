"""A connection to the database for one answer of a page.

Managers are few, so a connection is opened for each answer: there is no pool that could hold
broken ones. Owns how long a page waits, and that every way of not getting an answer is one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import psycopg
import structlog
from psycopg.rows import TupleRow

_CONNECT_SECONDS = 3
_ANSWER_SECONDS = 10

Connection = psycopg.AsyncConnection[TupleRow]
OpenDatabase = Callable[[], AbstractAsyncContextManager[Connection]]

log = structlog.get_logger()


class DatabaseAwayError(Exception):
    """The database does not answer, or has not our tables."""


def database_opener(database_url: str) -> OpenDatabase:
    """Return what opens this database for a page."""
    return partial(_open, database_url)


@asynccontextmanager
async def connect(database_url: str, name: str) -> AsyncIterator[Connection]:
    """Keep a connection; raises DatabaseAwayError for every way of not getting an answer."""
    try:
        async with await psycopg.AsyncConnection.connect(
            database_url, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name=name
        ) as connection:
            yield connection
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable, TimeoutError) as error:
        raise DatabaseAwayError(str(error).strip()) from error


@asynccontextmanager
async def _open(database_url: str) -> AsyncIterator[Connection]:
    try:
        async with (
            asyncio.timeout(_ANSWER_SECONDS),
            connect(database_url, "bayboard serve pages") as connection,
        ):
            yield connection
    except (DatabaseAwayError, TimeoutError) as error:
        log.warning("a page got no answer from the database", error=str(error))
        raise DatabaseAwayError from error
