"""How the waiting room and customers' pages read: as a role that sees the public views alone.

`bayboard migrate` makes the role. Without it, as in a database that somebody else set up, they read with the
rights of the dashboard, and the log says so once.
"""

from typing import Any

import structlog
from psycopg import AsyncConnection

from models.grants import PUBLIC_ROLE

_BECOME = (
    "select set_config('role', rolname, false) from pg_roles"
    " where rolname = %s and pg_has_role(oid, 'member')"
)
_said: set[str] = set()

log = structlog.get_logger()


async def read_as_public(connection: AsyncConnection[Any]) -> None:
    """Give up every right but those of the public role, for as long as a connection lasts."""
    found = await (await connection.execute(_BECOME, [PUBLIC_ROLE])).fetchone()
    if found is None and PUBLIC_ROLE not in _said:
        _said.add(PUBLIC_ROLE)
        log.warning(
            "public pages are read with the rights of the dashboard: `bayboard migrate` could not make a role"
            " for them",
            role=PUBLIC_ROLE,
        )
