"""Replays that people ask for on a page: the dashboard marks messages, ingest replays them.

Owns a thread and a connection beside the main ones. Hears of requests by notification and
looks for missed ones every second. The database is waited for, for ever; every ingest process
does this, and each message is replayed by one of them.
"""

import threading
from collections.abc import Callable
from datetime import datetime

import psycopg
import structlog

from ingest.adapters.mapping import Adapters
from ingest.condition import first_line
from ingest.decode import Rules
from ingest.metrics import Metrics
from ingest.replay import Replayed, find_requested, replay
from ingest.write import prepare_connection
from models.queries.quarantine import CHANNEL

_log = structlog.get_logger()

_LOOK_SECONDS = 1.0
_FIRST_BACKOFF_SECONDS = 1.0
_MAX_BACKOFF_SECONDS = 15.0
_CONNECT_TIMEOUT_SECONDS = 3
_STOP_SECONDS = 3.0


class ReplayRequests:
    """Replays what is marked as requested, until stopped."""

    def __init__(
        self,
        *,
        database_url: str,
        rules: Rules,
        adapters: Adapters,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._database_url = database_url
        self._rules = rules
        self._adapters = adapters
        self._metrics = metrics
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replays", daemon=True)

    def start(self) -> None:
        """Begin to look for requests in the background, now or whenever the database is there."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; a replay under way is finished, or undone with the process."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        wait_seconds = _FIRST_BACKOFF_SECONDS
        while not self._stopping.is_set():
            try:
                with self._connect() as connection:
                    wait_seconds = _FIRST_BACKOFF_SECONDS
                    self._serve(connection)
            except psycopg.Error as error:
                _log.warning("replays wait for the database", error=first_line(error))
            except Exception:  # noqa: BLE001  # the top of a service loop: a fault of ours must not end it
                _log.exception("replay failed, trying again")
            self._stopping.wait(wait_seconds)
            wait_seconds = min(2 * wait_seconds, _MAX_BACKOFF_SECONDS)

    def _connect(self) -> psycopg.Connection:
        connection = psycopg.connect(
            self._database_url,
            autocommit=True,
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            application_name="bayboard-ingest-replays",
        )
        try:
            connection.execute(f"listen {CHANNEL}")
            prepare_connection(connection)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _serve(self, connection: psycopg.Connection) -> None:
        while not self._stopping.is_set():
            while not self._stopping.is_set() and (ids := find_requested(connection)):
                replayed = replay(
                    connection, ids, rules=self._rules, adapters=self._adapters, now=self._clock()
                )
                if not len(replayed):
                    break  # another process was quicker
                self._count(replayed)
            for _ in connection.notifies(timeout=_LOOK_SECONDS, stop_after=1):
                pass

    def _count(self, replayed: Replayed) -> None:
        outcomes = {
            "stored": len(replayed.stored),
            "stored before": len(replayed.stored_before),
            "skipped": len(replayed.skipped),
            "refused": len(replayed.refused),
        }
        for outcome, count in outcomes.items():
            self._metrics.replayed.labels(outcome).inc(count)
        _log.info(
            "quarantined messages replayed", **{name: count for name, count in outcomes.items() if count}
        )
