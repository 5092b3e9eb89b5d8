"""The reminder engine: vehicles with news are reviewed, all are reckoned at times, what is ripe is raised.

Owns the order of a pass and the loop. Everything it does is a transaction that can be repeated: what waits
is found in the database (readings without a verdict, orders newer than their review), so that a restart
loses nothing, and any number of engines may run.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from config.kit.backoff import back_off
from config.kit.complaints import Complaints
from models.database.connection import connect_service
from models.queries.service.evidence import find_news, find_unjudged
from models.queries.service.passes import finish_pass, leave_pass, read_pass, take_pass
from models.queries.service.vehicles import prepare_tables
from reminders.service.due import reckon_all
from reminders.service.metrics import Metrics
from reminders.service.plans import Plans
from reminders.service.raising import raise_all
from reminders.service.review import review_vehicles

_log = structlog.get_logger()

# Vehicles of a review, which is one transaction.
PORTION = 200
# Orders that were closed longer ago are looked at in full passes only.
_RECENT = timedelta(days=2)
_FIRST_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS = 0.4, 15.0


class Engine:
    """One engine: a database connection, and what it has counted."""

    def __init__(
        self, *, database_url: str, plans: Plans, metrics: Metrics, clock: Callable[[], datetime]
    ) -> None:
        self._database_url = database_url
        self._plans = plans
        self._metrics = metrics
        self._clock = clock
        self._complaints = Complaints("reminders")
        self._stopping = threading.Event()
        self._connection: Connection[Any] | None = None
        self._trouble: str | None = "has not reached the database yet"

    def stop(self) -> None:
        """Make `run` return after the transaction it is in; callable from any thread."""
        self._stopping.set()

    def find_troubles(self) -> list[str]:
        """Say what keeps the engine from its work, a sentence each."""
        return [self._trouble] if self._trouble else []

    def run(self, pause_seconds: float) -> None:
        """Pass after pass until stopped; a database that is away is waited for, for ever."""
        failures = 0
        while not self._stopping.is_set():
            try:
                self.pass_once(self._clock())
            except Exception as error:  # noqa: BLE001  # the top of a service loop: it goes on, and says why
                self._fail(error)
                failures += 1
                self._stopping.wait(back_off(failures, _FIRST_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS))
            else:
                self._trouble, failures = None, 0
                self._stopping.wait(pause_seconds)
        self._disconnect()

    def pass_once(self, now: datetime, *, full: bool = False) -> None:
        """Do everything there is to do as of a moment; go over every vehicle if asked, or if it is time."""
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        started = time.perf_counter()
        full = full or self._is_full_pass_due(connection, now)
        if not full or not self._reckon_every_vehicle(connection, now):
            self._review(connection, now, since=now - _RECENT)
        for raised in raise_all(connection, self._plans, now):
            for outcome in ("reminders", "again", "withheld"):
                self._metrics.reminders.labels("raised" if outcome == "reminders" else outcome).inc(
                    getattr(raised, outcome)
                )
            self._metrics.messages.inc(raised.messages)
        self._metrics.pass_seconds.labels("full" if full else "news").observe(time.perf_counter() - started)

    def close(self) -> None:
        """Leave the database."""
        self._disconnect()

    def _review(self, connection: Connection[Any], now: datetime, since: datetime | None) -> None:
        """Review every vehicle with news, once; what another engine holds is left to it."""
        news = find_news(connection, since)
        for first in range(0, len(news), PORTION):
            self._review_portion(connection, news[first : first + PORTION], now)
        after = ""
        while (vins := find_unjudged(connection, after, PORTION)) and not self._stopping.is_set():
            self._review_portion(connection, vins, now)
            after = vins[-1]

    def _review_portion(self, connection: Connection[Any], vins: list[str], now: datetime) -> None:
        reviewed = review_vehicles(connection, vins, self._plans, now, self._complaints.hear)
        self._metrics.reviewed.inc(reviewed.vehicles)
        self._metrics.verdicts.labels("trusted").inc(reviewed.trusted)
        self._metrics.verdicts.labels("refused").inc(reviewed.refused)
        self._metrics.reminders.labels("closed").inc(reviewed.closed)

    def _is_full_pass_due(self, connection: Connection[Any], now: datetime) -> bool:
        last = read_pass(connection)
        if last is None:
            return True
        at, fingerprint = last
        every = timedelta(hours=self._plans.rules.full_pass_hours)
        return fingerprint != self._plans.fingerprint or not at <= now < at + every

    def _reckon_every_vehicle(self, connection: Connection[Any], now: datetime) -> bool:
        """Go over every vehicle, unless another engine is; a pass that did not end is repeated."""
        if not take_pass(connection):
            return False
        try:
            self._review(connection, now, since=None)
            vehicles = 0
            for count in reckon_all(connection, self._plans, now, self._complaints.hear):
                vehicles += count
                if self._stopping.is_set():
                    return True
            finish_pass(connection, now, self._plans.fingerprint)
            self._metrics.reckoned_at.set(now.timestamp())
            _log.info("reckoned every vehicle", vehicles=vehicles)
        finally:
            if not connection.closed:
                leave_pass(connection)
        return True

    def _connect(self) -> Connection[Any]:
        connection = connect_service(self._database_url, "bayboard-remind")
        try:
            prepare_tables(connection)
        except psycopg.Error:
            connection.close()
            raise
        self._metrics.database_up.set(1)
        _log.info("connected to database")
        return connection

    def _fail(self, error: Exception) -> None:
        away = isinstance(error, (psycopg.OperationalError, psycopg.InternalError))
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        self._trouble = f"the database cannot be used: {why}" if away else f"a pass fails: {why}"
        _log.warning("pass failed, will be repeated", why=self._trouble, exc_info=None if away else error)
        self._disconnect()

    def _disconnect(self) -> None:
        self._metrics.database_up.set(0)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
