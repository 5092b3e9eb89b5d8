"""Who runs a command on the server, for the audit trail."""

import getpass
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from models.domain.access.audit import COMMAND, Action
from models.queries.access.audit import add


def name_operator() -> str:
    """Return the user of the operating system; a container may have none by name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


async def note_command(
    connection: AsyncConnection[Any],
    what: Action,
    now: datetime,
    *,
    about: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    sites: Sequence[str] | None = None,
) -> None:
    """Note in the audit trail what a person did by a command."""
    await add(
        connection,
        at=now,
        who=name_operator(),
        from_address=COMMAND,
        what=what,
        about=about,
        before=before,
        after=after,
        sites=sites,
    )
