"""What the person of a request did, for the audit trail.

`note` takes who and from where of the visit. Looks at customers' data are noted beside the page: one
entry a person, record and hour, and no page waits for it or fails by it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from dashboard.access import Visit, current_visit
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from models.audit import add
from models.domain.audit import Action

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

    async def note(self, what: Action, about: str, sites: Sequence[str] | None) -> None:
        """Note a look; a database that does not answer is logged, and the page goes on."""
        visit, now = current_visit.get(), self._clock()
        once = self._name(visit, what, about, now)
        if once in self._known:
            return
        try:
            async with self._open_database() as connection:
                await note(connection, what, now, about=about, sites=sites, once=once)
        except DatabaseAwayError as error:
            log.warning("a look could not be noted", what=what, about=about, error=str(error))
            return
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known.add(once)

    def _name(self, visit: Visit, what: Action, about: str, now: datetime) -> str:
        return f"{visit.who} {what} {about} {now:%Y-%m-%dT%H}"
