"""What one device may send in an hour, so that none fills the walls or passes unnoticed.

Owns the counts of each device. They are kept in the process: a batch counts when it is committed, so that one
that is tried again is not counted twice. A message over a limit is refused with a reason, which the devices
page, `bayboard doctor` and `bayboard quarantine list` show. It is kept whole like every refused one, and may
be replayed when the limit was too low.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.message import ReceivedMessage
from ingest.steps.hear import DeviceKey
from models.contract.topics import ContractError

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class QuotaRules:
    """How many messages, bytes of payload, and work orders one device may send in an hour."""

    messages: int
    payload_bytes: int
    orders: int


@dataclass(slots=True)
class _Hour:
    began: datetime
    messages: int = 0
    payload_bytes: int = 0
    orders: set[str] = field(default_factory=set)

    def copy(self) -> "_Hour":
        return _Hour(self.began, self.messages, self.payload_bytes, set(self.orders))


class Tally:
    """The counts of one batch, on top of those that were committed."""

    def __init__(self, rules: QuotaRules, committed: Mapping[DeviceKey, _Hour]) -> None:
        self._rules = rules
        self._committed = committed
        self.hours: dict[DeviceKey, _Hour] = {}

    def take(self, key: DeviceKey, message: ReceivedMessage) -> None:
        """Count a message; raises ContractError where its device sends too many."""
        hour = self._find_hour(key, message.received_at)
        hour.messages += 1
        hour.payload_bytes += len(message.payload)
        if hour.messages > self._rules.messages:
            raise _too_much(f"this device sent more than {self._rules.messages} messages in an hour")
        if hour.payload_bytes > self._rules.payload_bytes:
            raise _too_much(f"this device sent more than {self._rules.payload_bytes} bytes in an hour")

    def take_order(self, key: DeviceKey, work_order: str, received_at: datetime) -> None:
        """Count a work order that a scanner names; raises the same where there are too many."""
        hour = self._find_hour(key, received_at)
        if work_order in hour.orders:
            return
        if len(hour.orders) >= self._rules.orders:
            raise _too_much(f"this device named more than {self._rules.orders} work orders in an hour")
        hour.orders.add(work_order)

    def _find_hour(self, key: DeviceKey, now: datetime) -> _Hour:
        hour = self.hours.get(key)
        if hour is None:
            known = self._committed.get(key)
            hour = self.hours[key] = known.copy() if known else _Hour(now)
        if now - hour.began >= _HOUR:
            hour = self.hours[key] = _Hour(now)
        return hour


class Quotas:
    """The counts of every device since the process started."""

    def __init__(self, rules: QuotaRules) -> None:
        self._rules = rules
        self._hours: dict[DeviceKey, _Hour] = {}

    def begin(self) -> Tally:
        """Return the counts of a batch, to be kept once it is committed."""
        return Tally(self._rules, self._hours)

    def keep(self, tally: Tally, now: datetime) -> None:
        """Take over the counts of a batch that was committed, and forget hours that are over."""
        self._hours.update(tally.hours)
        for key in list(_find_past(self._hours.items(), now)):
            del self._hours[key]


def _find_past(hours: Iterable[tuple[DeviceKey, _Hour]], now: datetime) -> Iterable[DeviceKey]:
    return (key for key, hour in hours if now - hour.began >= _HOUR)


def _too_much(what: str) -> ContractError:
    return ContractError(f"quota: {what}; revoke the device, or raise the limit in [ingest]")
