"""The ingest service: take what arrived, commit it, acknowledge it, again.

Owns the loop and its promise: a message is acknowledged after the commit that stored it,
never before, and ends in exactly one place. No timer holds a message back: a batch is
whatever arrived while the last one was being committed.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import psycopg
import structlog

from config.kit.backoff import back_off
from ingest.adapters.adapter import TELLING_SKIPS, Skip
from ingest.adapters.mapping import Adapters
from ingest.condition import Condition
from ingest.inbox import Inbox
from ingest.message import ReceivedMessage
from ingest.metrics import Metrics
from ingest.mqtt import Subscriber
from ingest.steps.batch import Batch, refuse, sort_messages
from ingest.steps.clocks import Clocks
from ingest.steps.decode import Rules
from ingest.steps.quota import Quotas
from ingest.steps.rows import COLUMNS
from ingest.store.failures import Failure, classify_failure, explain_unexpected
from ingest.store.unprojected import ProjectionError
from ingest.store.write import Written, list_if_broken, prepare_connection, write_batch
from ingest.tend.requests import ReplayRequests
from models.database.connection import connect_service
from models.domain.quarantine import name_field

_log = structlog.get_logger()

MAX_BATCH_MESSAGES = 5000
_FIRST_BACKOFF_SECONDS = 0.2
_MAX_BACKOFF_SECONDS = 15.0
_MOST_SAID = 1000


class _StoppedError(Exception):
    """We were asked to stop while the database was away."""


class Ingest:
    """One ingest process: a subscriber on one side, a database connection on the other."""

    def __init__(
        self,
        *,
        database_url: str,
        rules: Rules,
        adapters: Adapters,
        inbox: Inbox,
        subscriber: Subscriber,
        replay_requests: ReplayRequests,
        condition: Condition,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._database_url = database_url
        self._rules = rules
        self._adapters = adapters
        self._inbox = inbox
        self._subscriber = subscriber
        self._replay_requests = replay_requests
        self._condition = condition
        self._metrics = metrics
        self._clock = clock
        self._clocks = Clocks()
        self._quotas = Quotas(rules.quota)
        # What was logged of skipped messages, and is not logged again.
        self._said: set[tuple[Skip, str]] = set()
        self._stopping = threading.Event()
        self._connection: psycopg.Connection | None = None

    def stop(self) -> None:
        """Make `run` store what is in the inbox and return; callable from a signal handler's thread."""
        self._stopping.set()
        self._inbox.close()

    def run(self) -> None:
        """Ingest until stopped; a broker or database that is away is waited for, for ever."""
        self._subscriber.start()
        self._replay_requests.start()
        try:
            self._store([])
            while messages := self._inbox.take(MAX_BATCH_MESSAGES):
                self._metrics.received.inc(len(messages))
                self._store(messages)
                self._subscriber.acknowledge(messages)
        except _StoppedError:
            _log.warning("stopped while the database was away; the broker keeps what is not stored")
        finally:
            self._subscriber.stop()
            self._replay_requests.stop()
            self._disconnect()

    def _store(self, messages: Sequence[ReceivedMessage], refused: Exception | None = None) -> None:
        """Store messages, or that they are refused for what they raised; returns once that is committed."""
        for wait_seconds in _backoff():
            try:
                self._write(messages, refused)
            except Exception as error:  # noqa: BLE001  # the top of a service loop
                if classify_failure(error) is Failure.PERMANENT and not refused:
                    self._find_the_message_to_blame(messages, error)
                    return
                self._disconnect()
                self._condition.note_failure(error, wait_seconds=wait_seconds, messages_waiting=len(messages))
            else:
                self._condition.note_success()
                return
            if self._stopping.wait(wait_seconds):
                raise _StoppedError

    def _find_the_message_to_blame(self, messages: Sequence[ReceivedMessage], error: Exception) -> None:
        if len(messages) == 1:
            if not self._lists_order(messages[0], error):
                self._store(messages, error)
            else:
                self._store(messages)
            return
        middle = len(messages) // 2
        self._store(messages[:middle])
        self._store(messages[middle:])

    def _lists_order(self, message: ReceivedMessage, error: Exception) -> bool:
        """List the order that cannot be projected, if that is not this message's fault."""
        if not isinstance(error, ProjectionError) or self._connection is None:
            return False
        try:
            return list_if_broken(self._connection, error, self._rules, message.received_at)
        except psycopg.Error:
            # The database went away; the message is tried again, and refused in the worst case.
            return False

    def _write(self, messages: Sequence[ReceivedMessage], refused: Exception | None) -> None:
        if self._connection is None:
            self._connection = self._connect()
        if not messages:
            return
        started = time.perf_counter()
        tally = self._quotas.begin()
        if refused:
            reason = explain_unexpected(refused)
            batch = Batch(refusals=[refuse(message, reason, refused) for message in messages])
        else:
            translate = self._adapters.prepare(self._connection, messages)
            clocks = self._clocks.prepare(self._connection, messages)
            batch = sort_messages(messages, self._rules, translate, clocks, tally)
        written = write_batch(self._connection, batch, self._rules)
        self._metrics.batch_seconds.observe(time.perf_counter() - started)
        self._metrics.batch_messages.observe(len(messages))
        self._count(written, batch)
        self._quotas.keep(tally, self._clock())
        self._clocks.keep(batch.devices, written.clocks)
        self._condition.note_batch(messages[-1].received_at, len(messages), batch.refusals)

    def _count(self, written: Written, batch: Batch) -> None:
        self._count_skipped(batch)
        for (field, left_out), count in batch.noted.items():
            self._metrics.noted.labels(field, "left out" if left_out else "rewritten").inc(count)
        for reason in written.quarantined:
            self._metrics.quarantined.labels(name_field(reason)).inc()
        for table, count in written.stored.items():
            self._metrics.stored.labels(table).inc(count)
        for table, count in written.duplicates.items():
            self._metrics.duplicates.labels(table).inc(count)
        committed_at = self._clock()
        for table, rows in batch.rows.items():
            lag = committed_at - rows[-1][COLUMNS[table].index("at")]
            self._metrics.lag_seconds.observe(lag.total_seconds())
        for hearing in batch.devices.values():
            if hearing.measured and hearing.clock.offset_seconds is not None:
                self._metrics.clock_offsets.observe(hearing.clock.offset_seconds)

    def _count_skipped(self, batch: Batch) -> None:
        for why, count in batch.skipped.items():
            self._metrics.skipped.labels(why).inc(count)
        for named in batch.skipped_topics.items():
            if named[0] in TELLING_SKIPS and named not in self._said and len(self._said) < _MOST_SAID:
                self._said.add(named)
                _log.warning("topic carries messages that are no readings", reason=named[0], topic=named[1])

    def _connect(self) -> psycopg.Connection:
        connection = connect_service(self._database_url, "bayboard-ingest")
        try:
            prepare_connection(connection)
        except psycopg.Error:
            connection.close()
            raise
        self._metrics.database_up.set(1)
        _log.info("connected to database")
        return connection

    def _disconnect(self) -> None:
        self._metrics.database_up.set(0)
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _backoff() -> Iterator[float]:
    """Yield the seconds to wait before each further try, doubling up to a limit, for ever."""
    waits = itertools.count(1)
    return (back_off(failures, _FIRST_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS) for failures in waits)
