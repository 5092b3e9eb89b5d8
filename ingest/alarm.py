"""When refused messages dominate: a sliding window over what arrived, and a sentence about it.

A broken device fills quarantine a little; a wrong configuration or a bad release refuses most
of what comes, and must not go unnoticed. Pure but for a lock: times are passed in, and
whoever asks logs, counts and answers probes.
"""

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_TOP_REASONS = 3


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """More than this share of at least so many messages, refused within the period, is alarming."""

    share: float
    period: timedelta
    least_messages: int


@dataclass(frozen=True, slots=True)
class Domination:
    """Refused messages dominate."""

    messages: int
    refused: int
    period: timedelta
    top_reasons: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        reasons = "; ".join(f"{count} x {reason}" for reason, count in self.top_reasons)
        return (
            f"{self.refused} of the {self.messages} messages of the last"
            f" {self.period.total_seconds():g} s were quarantined: {reasons}"
        )


@dataclass(slots=True)
class _Slot:
    """What arrived within one slot of time."""

    begins_at: datetime
    messages: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


class QuarantineAlarm:
    """Counts messages and refusals of the last period; one thread counts, any thread asks."""

    # Slots a period is counted in; the window slides by one of them.
    _SLOTS = 60

    def __init__(self, rule: AlarmRule) -> None:
        self._rule = rule
        self._slots: deque[_Slot] = deque()
        self._lock = threading.Lock()
        self._said_at: datetime | None = None

    def count(self, now: datetime, messages: int, reasons: Mapping[str, int]) -> None:
        """Take note of messages taken from the broker, and of how many were refused for which reason."""
        with self._lock:
            if not self._slots or now - self._slots[-1].begins_at >= self._rule.period / self._SLOTS:
                self._slots.append(_Slot(now))
            slot = self._slots[-1]
            slot.messages += messages
            slot.reasons.update(reasons)
            self._forget(now)

    def judge(self, now: datetime) -> Domination | None:
        """Say whether refused messages dominate now; it ends by itself."""
        rule = self._rule
        with self._lock:
            self._forget(now)
            messages = sum(slot.messages for slot in self._slots)
            reasons = sum((slot.reasons for slot in self._slots), Counter[str]())
        refused = reasons.total()
        if messages < rule.least_messages or refused <= rule.share * messages:
            return None
        return Domination(messages, refused, rule.period, tuple(reasons.most_common(_TOP_REASONS)))

    def find_news(self, now: datetime) -> Domination | None:
        """Return the domination when it is to be said: as it begins, then once in each period."""
        domination = self.judge(now)
        if domination is None:
            self._said_at = None
        elif self._said_at is None or now - self._said_at >= self._rule.period:
            self._said_at = now
            return domination
        return None

    def _forget(self, now: datetime) -> None:
        while self._slots and now - self._slots[0].begins_at >= self._rule.period:
            self._slots.popleft()
