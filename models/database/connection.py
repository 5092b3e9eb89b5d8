"""The connection of a service to its database: it commits by itself, and reads whatever times are stored.

Owns how it is opened. Waiting for the database, and trying again, is the service's.
"""

from typing import Any

import psycopg
from psycopg import Connection

from models.database.times import bound_times

_CONNECT_TIMEOUT_SECONDS = 3


def connect_service(database_url: str, name: str) -> Connection[Any]:
    """Open a connection; the database's own lists show it by `name`."""
    connection = psycopg.connect(
        database_url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_SECONDS, application_name=name
    )
    bound_times(connection)
    return connection
