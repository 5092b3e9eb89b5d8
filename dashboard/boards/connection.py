"""The board feed's connections to the database, and which errors mean that there is none.

Owns how a dead connection is noticed. What the database refuses about single rows is not its loss.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from dashboard.boards.board import Connection
from dashboard.boards.public_role import read_as_public
from models.database.times import bound_times

# A database that is silent for longer than this when asked counts as lost.
ANSWER_SECONDS = 3.0


@asynccontextmanager
async def connect_feed(database_url: str, *, is_public: bool = False) -> AsyncIterator[Connection]:
    """Keep a connection that notices within seconds when the other end is gone."""
    connection = await psycopg.AsyncConnection.connect(
        database_url,
        autocommit=True,
        connect_timeout=int(ANSWER_SECONDS),
        application_name="bayboard serve",
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
    )
    bound_times(connection)
    try:
        if is_public:
            await read_as_public(connection)
        yield connection
    finally:
        # Closing sends nothing and waits for nothing, unlike the connection's own context.
        await connection.close()


def is_loss(error: Exception) -> bool:
    """Say whether an error is the database's being away, and not what stands in it."""
    away = isinstance(error, psycopg.Error) and not isinstance(error, psycopg.DataError)
    return away or isinstance(error, TimeoutError | OSError)
