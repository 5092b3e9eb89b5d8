"""A connection to the database for one answer of a page.

Managers are few, so a connection is opened for each answer: there is no pool that could hold
broken ones. Owns how long a page waits for the database, be it as long as it may over the reckoning of
what came, and that every way of not getting an answer is one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TypeVar

import psycopg
import structlog
from psycopg.abc import PQGen
from psycopg.rows import Row, TupleRow

from dashboard.boards.public_role import read_as_public
from models.database.times import bound_times

_CONNECT_SECONDS = 3
_ANSWER_SECONDS = 10

Connection = psycopg.AsyncConnection[TupleRow]
_Answer = TypeVar("_Answer")
OpenDatabase = Callable[[], AbstractAsyncContextManager[Connection]]

log = structlog.get_logger()


class DatabaseAwayError(Exception):
    """The database does not answer, or has not our tables."""


class _Patient(psycopg.AsyncConnection[Row]):
    """A connection that waits so long for each answer, not longer; raises TimeoutError."""

    answer_seconds: float = _ANSWER_SECONDS

    async def wait(
        self,
        gen: PQGen[_Answer],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109  # as psycopg declares it
    ) -> _Answer:
        async with asyncio.timeout(self.answer_seconds):
            return await super().wait(gen, interval, timeout)


def database_opener(
    database_url: str, answer_seconds: float = _ANSWER_SECONDS, *, is_public: bool = False
) -> OpenDatabase:
    """Return what opens this database for a page, which waits so long for each answer.

    What is public is read by a role that sees the public views alone.
    """
    return partial(_open, database_url, answer_seconds, is_public=is_public)


@asynccontextmanager
async def connect(database_url: str, name: str) -> AsyncIterator[_Patient[TupleRow]]:
    """Keep a connection; raises DatabaseAwayError for every way of not getting an answer."""
    try:
        async with await _Patient.connect(
            database_url, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name=name
        ) as connection:
            bound_times(connection)
            yield connection
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable, TimeoutError) as error:
        raise DatabaseAwayError(str(error).strip() or repr(error)) from error


@asynccontextmanager
async def _open(database_url: str, answer_seconds: float, *, is_public: bool) -> AsyncIterator[Connection]:
    try:
        async with connect(database_url, "bayboard serve pages") as connection:
            connection.answer_seconds = answer_seconds
            if is_public:
                await read_as_public(connection)
            yield connection
    except DatabaseAwayError as error:
        log.warning("a page got no answer from the database", error=str(error))
        raise
