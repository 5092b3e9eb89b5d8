"""What the workshop file keeps no longer is dropped, by a thread beside ingest.

Owns when: soon after the start and every few hours, on a connection of its own, so that no
message waits for it. Every ingest process has this thread; one prunes at a time, and what a
failure leaves is taken the next time. What is dropped is decided by `models.prune`.
"""

import threading
from collections.abc import Callable
from datetime import datetime

import sqlalchemy.exc
import structlog

from config.store import StoreRules
from models.connect import connect_database
from models.prune import prune_store

_log = structlog.get_logger()

# A day's worth of old rows is little; at the start, ingest has a backlog to store first.
_FIRST_SECONDS = 60.0
_EVERY_SECONDS = 6 * 3600.0
_STOP_SECONDS = 3.0


class Pruning:
    """Prunes the store until stopped."""

    def __init__(
        self,
        *,
        database_url: str,
        rules: StoreRules,
        clock: Callable[[], datetime],
        first_seconds: float = _FIRST_SECONDS,
    ) -> None:
        self._database_url = database_url
        self._rules = rules
        self._clock = clock
        self._first_seconds = first_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pruning", daemon=True)

    def start(self) -> None:
        """Begin to prune in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; a step under way is finished, or undone with the process."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        wait_seconds = self._first_seconds
        while not self._stopping.wait(wait_seconds):
            wait_seconds = _EVERY_SECONDS
            try:
                self._prune()
            except sqlalchemy.exc.DBAPIError as error:
                _log.warning("pruning waits for the next time", error=str(error.orig))
            except Exception:  # noqa: BLE001  # the top of a service loop: a fault of ours must not end it
                _log.exception("pruning failed, trying again")

    def _prune(self) -> None:
        engine = connect_database(self._database_url)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                gone = prune_store(connection, self._rules, self._clock())
        finally:
            engine.dispose()
        if gone:
            _log.info("dropped what is kept no longer", **gone)
