"""The dispatcher: sends what waits in the outbox and is due, by the channels of the workshop file.

Owns the threads: one that gives messages their channel, and for each channel lanes of its own, each with
a database connection. Any number of dispatchers may run: what one has claimed, the others leave alone. A
database that is away is waited for, for ever. Messages for which there is no channel wait; it is said once.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from config.channels import DeliveryRules
from config.kit.backoff import back_off
from models.database.connection import connect_service
from models.queries.delivery.routes import (
    Kind,
    bury_messages,
    find_targets,
    find_unrouted,
    forget_channels,
    read_waiting,
    route_messages,
)
from models.signals import Signal, listen_to
from reminders.delivery.channels import OpenChannel, choose_channels
from reminders.delivery.lane import Lane, Rest
from reminders.delivery.metrics import DeliveryMetrics
from reminders.delivery.wording import Writer

_log = structlog.get_logger()

_NAME = "bayboard-dispatch"

_PAUSE_SECONDS = 1.0
_MEASURE_EVERY = timedelta(seconds=5)
_FIRST_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS = 0.4, 15.0
# A lane that waits for a silent server is not waited for when stopping: its message is sent again.
_STOP_SECONDS = 5.0


class Dispatcher:
    """One dispatcher, in threads of its process."""

    def __init__(
        self,
        *,
        database_url: str,
        channels: Sequence[OpenChannel],
        writer: Writer,
        rules: DeliveryRules,
        metrics: DeliveryMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._database_url = database_url
        self._channels = channels
        self._metrics = metrics
        self._clock = clock
        self._lanes = [
            Lane(channel, writer, rules, metrics, clock, rest)
            for channel in channels
            for rest in [Rest()]
            for _ in range(channel.facts.at_once)
        ]
        self._stopping = threading.Event()
        self._news = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._told: set[tuple[str, str, str]] = set()

    def start(self) -> None:
        """Begin to send, in threads."""
        jobs = [self._route, *(partial(self._run_lane, lane) for lane in self._lanes)]
        self._threads = [threading.Thread(target=self._keep_up, args=(job,), daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every lane finish what it is sending, but not for ever."""
        self._stopping.set()
        with self._news:
            self._news.notify_all()
        deadline = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def drain(self) -> None:
        """Send everything that is due, once, in this thread."""
        with connect_service(self._database_url, _NAME) as connection:
            forget_channels(connection, [channel.name for channel in self._channels])
            self.route(connection, self._clock())
            for lane in self._lanes:
                while lane.step(connection):
                    pass

    def route(self, connection: Connection[Any], now: datetime) -> int:
        """Give what is due a channel; return how many messages got one."""
        routed = 0
        for kind in find_unrouted(connection, now):
            fitting = list(choose_channels(self._channels, kind.site, kind.role, kind.event))
            if not fitting:
                self._tell_once(kind)
                continue
            for channel in fitting:
                held = find_targets(connection, kind, channel.targets, now)
                unreachable = [
                    (target, value) for target, value in held if not channel.reaches(target, value)
                ]
                routed += route_messages(connection, kind, channel.name, channel.targets, now, unreachable)
            # What no channel reaches goes to one that says why.
            for channel in fitting:
                routed += route_messages(connection, kind, channel.name, channel.targets, now)
            lacking = sorted({target for channel in fitting for target in channel.targets})
            bury_messages(connection, kind, f"no {' or '.join(lacking)} is known", now)
        return routed

    def _route(self, connection: Connection[Any]) -> None:
        """Give new messages their channel, as soon as they are there, until stopped."""
        connection.execute(listen_to(Signal.OUTBOX))
        forget_channels(connection, [channel.name for channel in self._channels])
        measured_at = self._clock() - _MEASURE_EVERY
        while not self._stopping.is_set():
            now = self._clock()
            if self.route(connection, now):
                with self._news:
                    self._news.notify_all()
            if now >= measured_at + _MEASURE_EVERY:
                self._measure(connection, measured_at := now)
            for _ in connection.notifies(timeout=_PAUSE_SECONDS, stop_after=1):
                pass

    def _run_lane(self, lane: Lane, connection: Connection[Any]) -> None:
        while not self._stopping.is_set():
            if not lane.step(connection):
                with self._news:
                    self._news.wait(_PAUSE_SECONDS)

    def _keep_up(self, job: Callable[[Connection[Any]], None]) -> None:
        """Do a thread's work with a connection, and with another one when the database was away."""
        failures = 0
        while not self._stopping.is_set():
            try:
                with connect_service(self._database_url, _NAME) as connection:
                    failures = 0
                    job(connection)
            except (psycopg.OperationalError, psycopg.InternalError) as error:
                failures += 1
                if failures == 1:
                    _log.warning("the database cannot be used", why=str(error).strip().splitlines()[0])
                self._stopping.wait(back_off(failures, _FIRST_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS))
            except Exception:  # noqa: BLE001  # the top of a service loop: a fault of ours must not end a way out
                _log.exception("sending failed, trying again")
                self._stopping.wait(_PAUSE_SECONDS)

    def _measure(self, connection: Connection[Any], now: datetime) -> None:
        waiting = read_waiting(connection)
        names = {channel.name for channel in self._channels} | {""}
        for name in names | set(waiting):
            self._metrics.waiting.labels(name).set(waiting[name][0] if name in waiting else 0)
        due = [since for _, since in waiting.values()]
        self._metrics.oldest_seconds.set(max(0.0, (now - min(due)).total_seconds()) if due else 0.0)

    def _tell_once(self, kind: Kind) -> None:
        known = (kind.site, kind.role, kind.event)
        if not self._channels:
            known = ("", "", "")
        if known in self._told:
            return
        self._told.add(known)
        _log.warning(
            "messages wait: no [[channel]] of the workshop file is for them",
            site=kind.site,
            audience=kind.role,
            about=kind.event,
            waiting=kind.count,
        )
