"""Days with news are settled by a thread beside ingest, so that rollups stay quick to read.

Owns when: once a minute, on a connection of its own, so that no message waits for it. Every ingest
process has this thread; one settles at a time. Rollups are as true without it, only slower; what
settling is, is `models.rollups.settle`'s.
"""

import threading
from collections.abc import Callable
from datetime import datetime

import psycopg
import structlog

from config.workshop import Workshop
from models.rollups.settle import refresh_rollups

_log = structlog.get_logger()

_EVERY_SECONDS = 60.0
_STOP_SECONDS = 3.0


class Settling:
    """Settles days with news until stopped."""

    def __init__(
        self,
        *,
        database_url: str,
        workshop: Workshop,
        clock: Callable[[], datetime],
        every_seconds: float = _EVERY_SECONDS,
    ) -> None:
        self._database_url = database_url
        self._workshop = workshop
        self._clock = clock
        self._every_seconds = every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settling", daemon=True)

    def start(self) -> None:
        """Begin to settle in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; a site under way is finished, or undone with the process."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            try:
                with psycopg.connect(self._database_url, autocommit=True) as connection:
                    refresh_rollups(connection, self._workshop, self._clock())
            except psycopg.OperationalError as error:
                _log.warning("settling waits for the next time", error=str(error))
            except Exception:  # noqa: BLE001  # the top of a service loop: a fault of ours must not end it
                _log.exception("settling failed, trying again")
