"""What each site has learned of its past, kept for a while: it changes once a day and is large.

Owns how old it may be. Refuses to learn: a model is trained elsewhere, and read here.
"""

from datetime import datetime, timedelta

from dashboard.board import Connection
from models.analytics.site_model import SiteModel
from models.queries.estimates import read_site_model

_KEPT = timedelta(minutes=10)


class SiteModels:
    """The models of the sites whose boards this process shows."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[datetime, SiteModel | None]] = {}

    async def find(self, connection: Connection, site: str, now: datetime) -> SiteModel | None:
        """Return a site's model, None while it has learned nothing."""
        known = self._read.get(site)
        if known is None or now - known[0] >= _KEPT:
            known = self._read[site] = (now, await read_site_model(connection, site))
        return known[1]
