"""Work beside ingest: a thread that does something again and again, until stopped.

Owns the thread, the pauses and what becomes of a failure: a database that is away is waited for,
for ever, and a fault of ours is logged and tried again, since ingest must go on. Work has its own
connection, so that no message waits for it.
"""

import threading
from abc import ABC, abstractmethod

import psycopg
import sqlalchemy.exc
import structlog

from ingest.store.failures import first_line

_log = structlog.get_logger()

_STOP_SECONDS = 3.0


class Background(ABC):
    """Begins after the first pause, then anew after each next one."""

    def __init__(self, name: str, *, first_seconds: float, every_seconds: float) -> None:
        self._name = name
        self._first_seconds = first_seconds
        self._every_seconds = every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; a step under way is finished, or undone with the process."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    @abstractmethod
    def _work(self) -> None:
        """Do what is to be done now, on a connection of its own."""

    def _run(self) -> None:
        wait_seconds = self._first_seconds
        while not self._stopping.wait(wait_seconds):
            wait_seconds = self._every_seconds
            try:
                self._work()
            except (psycopg.OperationalError, sqlalchemy.exc.OperationalError) as error:
                _log.warning(f"{self._name}: the database is away, trying again", error=first_line(error))
            except Exception:  # noqa: BLE001  # the top of a service loop: a fault of ours must not end it
                _log.exception(f"{self._name}: failed, trying again")
