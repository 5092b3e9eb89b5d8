"""What the workshop file keeps no longer is dropped, beside ingest.

Owns when: soon after the start and every few hours. Every ingest process does it; one prunes at
a time, and what a failure leaves is taken the next time. What is dropped is decided by `models.prune`.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from config.store import StoreRules
from ingest.tend.background import Background
from models.database.engine import connect_database
from models.prune import prune_store

_log = structlog.get_logger()

# A day's worth of old rows is little; at the start, ingest has a backlog to store first.
_FIRST_SECONDS = 60.0
_EVERY_SECONDS = 6 * 3600.0


class Pruning(Background):
    """Prunes the store until stopped."""

    def __init__(
        self,
        *,
        database_url: str,
        rules: StoreRules,
        clock: Callable[[], datetime],
        first_seconds: float = _FIRST_SECONDS,
    ) -> None:
        super().__init__("pruning", first_seconds=first_seconds, every_seconds=_EVERY_SECONDS)
        self._database_url = database_url
        self._rules = rules
        self._clock = clock

    def _work(self) -> None:
        engine = connect_database(self._database_url)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                gone = prune_store(connection, self._rules, self._clock())
        finally:
            engine.dispose()
        if gone:
            _log.info("dropped what is kept no longer", **gone)
