"""Replays that people ask for on a page: the dashboard marks messages, ingest replays them.

Hears of requests by notification and looks for missed ones every second. Every ingest process
does this, and each message is replayed by one of them.
"""

from collections.abc import Callable
from datetime import datetime

import psycopg
import structlog

from ingest.adapters.mapping import Adapters
from ingest.metrics import Metrics
from ingest.steps.decode import Rules
from ingest.store.write import prepare_connection
from ingest.tend.background import Background
from ingest.tend.replay import Replayed, find_requested, replay
from models.database.connection import connect_service
from models.signals import Signal, listen_to

_log = structlog.get_logger()

_LOOK_SECONDS = 1.0
_RECONNECT_SECONDS = 3.0


class ReplayRequests(Background):
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
        super().__init__("replays", first_seconds=0, every_seconds=_RECONNECT_SECONDS)
        self._database_url = database_url
        self._rules = rules
        self._adapters = adapters
        self._metrics = metrics
        self._clock = clock

    def _work(self) -> None:
        with self._connect() as connection:
            self._serve(connection)

    def _connect(self) -> psycopg.Connection:
        connection = connect_service(self._database_url, "bayboard-ingest-replays")
        try:
            connection.execute(listen_to(Signal.QUARANTINE))
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
