"""What each site has learned of how long things take, as this process knows it.

Owns how old it may be: it is trained once a day, so a reading of every few minutes is new enough,
and a board that is drawn at every scan need not read it each time. Holds durations, no persons.
"""

from datetime import datetime, timedelta

from dashboard.database import Connection
from models.analytics.estimate.model import SiteModel
from models.queries.estimate.ready import read_site_model

FRESH = timedelta(minutes=5)


class Learned:
    """The newest model of each site."""

    def __init__(self) -> None:
        self._models: dict[str, tuple[datetime, SiteModel | None]] = {}

    async def find(self, connection: Connection, site: str, now: datetime) -> SiteModel | None:
        """Return a site's model, read anew if it is no longer fresh; None where nothing was learned."""
        read_at, model = self._models.get(site, (None, None))
        if read_at is None or now - read_at >= FRESH:
            model = await read_site_model(connection, site)
            self._models[site] = now, model
        return model
