"""A lane: claims what is due by one channel, sends it outside of any transaction, settles what came of it.

Owns that order and its promise: what was delivered is written down even if the database was away meanwhile,
for as long as the process lives. A lane that waits for a silent server holds up no other. Between the
other side's acceptance and our commit lies the only moment in which a kill doubles a message.
"""

import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from psycopg import Connection

from config.channels import DeliveryRules
from models.queries.delivery.claims import end_attempt
from reminders.delivery.answers import judge
from reminders.delivery.channels import OpenChannel, TargetError
from reminders.delivery.claim import Sending, take_next
from reminders.delivery.metrics import DeliveryMetrics
from reminders.delivery.outcomes import Answer, Outcome
from reminders.delivery.send import send
from reminders.delivery.wording import Writer

_log = structlog.get_logger()

# A shorter word may be any other's part.
_PRIVATE_LENGTH = 2


@dataclass(slots=True)
class Rest:
    """Until when a channel is left alone, because it said that it was too much; shared by its lanes."""

    until: datetime | None = None


@dataclass(slots=True)
class _Settlement:
    sending: Sending
    answer: Answer
    seconds: float


class Lane:
    """One way out by one channel."""

    def __init__(
        self,
        channel: OpenChannel,
        writer: Writer,
        rules: DeliveryRules,
        metrics: DeliveryMetrics,
        clock: Callable[[], datetime],
        rest: Rest,
    ) -> None:
        self.channel = channel
        self._writer = writer
        self._rules = rules
        self._metrics = metrics
        self._clock = clock
        self._rest = rest
        self._chance = random.Random()  # noqa: S311  # spreads retries, hides nothing
        self._unsettled: _Settlement | None = None

    def step(self, connection: Connection[Any]) -> bool:
        """Send what is next, if anything is; False if there was nothing to do."""
        self.settle(connection)
        now = self._clock()
        if self._rest.until and now < self._rest.until:
            return False
        sending = take_next(connection, self.channel, self._writer, self._rules, now)
        if sending is None:
            return False
        started = time.perf_counter()
        answer = self._send(sending, now)
        self._unsettled = _Settlement(sending, answer, time.perf_counter() - started)
        self.settle(connection)
        return True

    def settle(self, connection: Connection[Any]) -> None:
        """Write down what became of the last attempt, unless that was done."""
        if self._unsettled is None:
            return
        done, now = self._unsettled, self._clock()
        answer, attempt = done.answer, done.sending.first.attempts + 1
        again_at = None
        if answer.outcome in {Outcome.FAILED, Outcome.LIMITED} and attempt < self._rules.attempts:
            again_at = now + timedelta(seconds=self._find_wait(answer, attempt))
        end_attempt(
            connection,
            done.sending.claim,
            now,
            outcome=answer.outcome,
            detail=answer.reason,
            seconds=done.seconds,
            again_at=again_at,
        )
        self._unsettled = None
        if answer.outcome is Outcome.LIMITED:
            self._rest.until = now + timedelta(seconds=answer.wait_seconds or self._rules.retry_seconds)
        self._count(done, dead=answer.outcome is not Outcome.DELIVERED and again_at is None)

    def _send(self, sending: Sending, now: datetime) -> Answer:
        if isinstance(sending.words, str):
            return Answer(Outcome.REFUSED, sending.words)
        first = sending.first
        try:
            service = self.channel.address(first.payload, first.recipient)
            heard = send(service, sending.words, sending.claim.send_id)
        except TargetError as error:
            return Answer(Outcome.REFUSED, hide_private(str(error), sending.private))
        except Exception as error:  # noqa: BLE001  # a plugin's mistake is that message's failure, not ours
            return Answer(Outcome.FAILED, f"Apprise failed with {type(error).__name__}")
        return judge(
            heard,
            reading=self.channel.reading,
            now=now,
            hide=lambda text: hide_private(self.channel.hide_secrets(text), sending.private),
        )

    def _find_wait(self, answer: Answer, attempt: int) -> float:
        """Return for how many seconds a message waits: what was asked for, or doubled, spread by chance."""
        if answer.wait_seconds is not None:
            return answer.wait_seconds + self._chance.uniform(0, 1)
        doubled = self._rules.retry_seconds * 2.0 ** (attempt - 1)
        return min(doubled, self._rules.retry_seconds_most) * self._chance.uniform(0.75, 1.25)

    def _count(self, done: _Settlement, *, dead: bool) -> None:
        name, outcome, messages = self.channel.name, done.answer.outcome, len(done.sending.claim.ids)
        self._metrics.attempts.labels(name, outcome).inc()
        self._metrics.seconds.labels(name).observe(done.seconds)
        if outcome is Outcome.DELIVERED:
            self._metrics.sent.labels(name).inc(messages)
            return
        if dead:
            self._metrics.dead.labels(name).inc(messages)
        _log.warning(
            "message was not delivered",
            channel=name,
            messages=list(done.sending.claim.ids),
            why=done.answer.reason,
            what_now="given up" if dead else "will be tried again",
        )


def hide_private(text: str, private: Collection[str]) -> str:
    """Return a text without what names a person or a car, should another's words repeat it."""
    for word in sorted(private, key=len, reverse=True):
        if len(word) >= _PRIVATE_LENGTH:
            text = text.replace(word, "…")
    return text
