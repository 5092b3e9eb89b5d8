"""Days with news are settled beside ingest, so that rollups stay quick to read.

Owns when and how much at once: once a minute, and of old days so few that the news of today is settled
again soon. Every ingest process does it; one settles at a time. Rollups are as true without it, only
slower; how days are settled is in `models.rollups.settle`.
"""

from collections.abc import Callable
from datetime import datetime

from config.workshop import Workshop
from ingest.metrics import Metrics
from ingest.store.unprojected import count_listed
from ingest.tend.background import Background
from models.database.connection import connect_service
from models.rollups.settle import refresh_rollups

_EVERY_SECONDS = 60.0
# About a minute of work: a history of 19 years takes four passes.
_MOST_OLD_DAYS = 2000


class Settling(Background):
    """Settles days with news until stopped."""

    def __init__(
        self, *, database_url: str, workshop: Workshop, metrics: Metrics, clock: Callable[[], datetime]
    ) -> None:
        super().__init__("settling", first_seconds=_EVERY_SECONDS, every_seconds=_EVERY_SECONDS)
        self._database_url = database_url
        self._workshop = workshop
        self._metrics = metrics
        self._clock = clock

    def _work(self) -> None:
        with connect_service(self._database_url, "bayboard-settling") as connection:
            self._metrics.unprojected.set(count_listed(connection))
            refresh_rollups(connection, self._workshop, self._clock(), most_old_days=_MOST_OLD_DAYS)
