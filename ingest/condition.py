"""What is wrong with ingest now: the one place that the log, the metrics and the probes agree on.

Owns the sentences. Alive is whoever answers; ready is who has nothing wrong. A database that
answers but refuses to store (full, read-only) is an error said at every try, since nobody but
a person can end it; one that is away is a warning.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import psycopg
import structlog

from ingest.alarm import QuarantineAlarm
from ingest.metrics import Metrics
from ingest.steps.batch import Refusal
from ingest.store.failures import Refused, explain_refused, first_line
from models.domain.quarantine import generalise_reason

_log = structlog.get_logger()


class Condition:
    """Told of what happens by the service; asked by probes, from other threads."""

    def __init__(
        self, *, metrics: Metrics, alarm: QuarantineAlarm, broker_connected: Callable[[], bool]
    ) -> None:
        self._metrics = metrics
        self._alarm = alarm
        self._broker_connected = broker_connected
        self._database: str | None = "the database has not been reached yet"
        self._refused: Refused | None = None

    def find_troubles(self, now: datetime) -> list[str]:
        """Return a sentence for each thing that is wrong; none means ready."""
        troubles = [] if self._broker_connected() else ["the broker is away or refuses our subscriptions"]
        if self._database:
            troubles.append(self._database)
        if domination := self._alarm.judge(now):
            troubles.append(str(domination))
        return troubles

    def note_failure(self, error: Exception, *, wait_seconds: float, messages_waiting: int) -> None:
        """Say that the database did not take a batch, which will be tried again."""
        refused = explain_refused(error) if isinstance(error, psycopg.Error) else None
        self._set_refused(refused)
        self._metrics.retries.inc()
        said = {
            "error": first_line(error),
            "wait_seconds": wait_seconds,
            "messages_waiting": messages_waiting,
        }
        if refused:
            self._database = f"the database refuses to store: {refused.meaning} ({first_line(error)})"
            _log.error("database refuses to store, trying again", reason=refused.meaning, **said)
        else:
            self._database = f"the database is away ({first_line(error)})"
            _log.warning("database is away, trying again", **said)

    def note_success(self) -> None:
        """Say that the database has taken what it was given."""
        if self._refused:
            _log.info("the database stores again")
        self._set_refused(None)
        self._database = None

    def note_batch(self, now: datetime, messages: int, refusals: Sequence[Refusal]) -> None:
        """Say what was quarantined of a batch, a line for each kind of reason, and when that dominates."""
        alike: dict[str, list[Refusal]] = {}
        for refusal in refusals:
            alike.setdefault(generalise_reason(refusal.reason), []).append(refusal)
        for first, *others in alike.values():
            _log.warning(
                "message quarantined",
                topic=first.message.topic,
                reason=first.reason,
                exc_info=first.error,
                **({"others_alike": len(others)} if others else {}),
            )
        self._alarm.count(now, messages, {reason: len(found) for reason, found in alike.items()})
        if domination := self._alarm.find_news(now):
            _log.error("quarantine dominates: look at configuration and code", found=str(domination))

    def _set_refused(self, refused: Refused | None) -> None:
        if self._refused and self._refused != refused:
            self._metrics.database_refuses.labels(self._refused.sqlstate_class).set(0)
        if refused:
            self._metrics.database_refuses.labels(refused.sqlstate_class).set(1)
        self._refused = refused
