"""What the person of a request did, for the audit trail.

`note` takes who and from where of the visit. Looks at customers' data are noted beside the page: one
entry a person, record and hour, and no page waits for it or fails by it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
import structlog

from dashboard.access.identity import current_visit
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from models.domain.access.audit import Action
from models.queries.access.audit import add

log = structlog.get_logger()

# Hours of looks that a process remembers, so that a page which asks again and again writes nothing.
_MOST_REMEMBERED = 10_000


async def note(
    connection: Connection,
    what: Action,
    now: datetime,
    *,
    about: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    sites: Sequence[str] | None = None,
    once: str | None = None,
) -> None:
    """Add an entry of the person whose request is being answered."""
    visit = current_visit.get()
    await add(
        connection,
        at=now,
        who=visit.who,
        from_address=visit.address,
        what=what,
        about=about,
        before=before,
        after=after,
        sites=sites,
        once=once,
    )


class Looks:
    """Notes who looked at whose data."""

    def __init__(self, open_database: OpenDatabase, clock: Callable[[], datetime]) -> None:
        self._open_database = open_database
        self._clock = clock
        self._known: set[str] = set()
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, what: Action, about: str, sites: Sequence[str] | None) -> None:
        """Note a look beside the page; a database that does not answer is logged."""
        now = self._clock()
        once = f"{current_visit.get().who} {what} {about} {now:%Y-%m-%dT%H}"
        if once in self._known:
            return
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known.add(once)
        task = asyncio.create_task(self._write(what, about, sites, once, now))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(
        self, what: Action, about: str, sites: Sequence[str] | None, once: str, now: datetime
    ) -> None:
        try:
            async with self._open_database() as connection:
                await note(connection, what, now, about=about, sites=sites, once=once)
        except (DatabaseAwayError, psycopg.Error) as error:
            self._known.discard(once)
            log.warning("a look could not be noted", what=what, about=about, error=str(error))
