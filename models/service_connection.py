"""The connection of a service to its database: it commits by itself, and notices soon who is away.

Owns how it is opened. Waiting for the database, and trying again, is the service's.
"""

from typing import Any

import psycopg
from psycopg import Connection

_CONNECT_TIMEOUT_SECONDS = 3


def connect_service(database_url: str, name: str) -> Connection[Any]:
    """Open a connection; the database's own lists show it by `name`."""
    return psycopg.connect(
        database_url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_SECONDS, application_name=name
    )
