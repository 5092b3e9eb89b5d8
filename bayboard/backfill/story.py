"""A site's history, told in chunks of whole days: the rows ingest would have stored of it.

Owns the way from the simulated shop to rows: what happened is said by the site's devices, received
at that very moment, and goes through ingest's own mapping. The same plan tells the same story
for ever. Pure but for the file of the truth; writing a chunk is `bayboard.backfill.write`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal

from bayboard.backfill.orders import Derived, Orders
from config.workshop import Site
from ingest.message import ReceivedMessage
from ingest.steps.decode import NO_CORRECTION, Rules
from ingest.steps.hear import DeviceKey, Hearing
from ingest.steps.rows import Row, make_rows
from models.contract.payloads import DeviceStatus, Message
from models.contract.topics import Kind, Topic
from models.domain.device.clock import Clock
from simulators.devices.site_devices import Device, Outgoing
from simulators.opening import DAY
from simulators.site import simulate_history
from simulators.truth.lines import Write
from simulators.truth.telling import SiteTruth

# A week's rows are written in about a second: rare enough for COPY, often enough for a progress bar.
CHUNK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that makes a site's history what it is."""

    site: Site
    seed: int
    scenario: str
    # Whether the site is the average one or has a character of its own.
    average: bool
    first_day: date
    days: int

    @property
    def begins_at(self) -> datetime:
        """Return the first midnight."""
        return datetime.combine(self.first_day, time(), self.site.zone)

    def describe(self) -> dict[str, Any]:
        """Return the plan as JSON values, to recognise it by."""
        return {
            "seed": self.seed,
            "scenario": self.scenario,
            "first_day": self.first_day.isoformat(),
            "days": self.days,
            "average": self.average,
            "timezone": self.site.timezone,
            "bays": [[bay.key, bay.kind] for bay in self.site.bays],
        }


@dataclass(slots=True)
class Chunk:
    """What the days up to `until_day`, counted from the first, add to those before."""

    begins_at: datetime
    until_day: int = 0
    ends_at: datetime = field(init=False)
    rows: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    # How devices were heard, in the order of time.
    heard: list[dict[DeviceKey, Hearing]] = field(default_factory=list)
    derived: Derived = field(default_factory=Derived)

    @property
    def last_received_at(self) -> datetime:
        """Return when the newest message reached us."""
        hearings = [hearing for heard in self.heard for hearing in heard.values()]
        return max((hearing.last_received_at for hearing in hearings), default=self.begins_at)

    @property
    def news_since(self) -> datetime:
        """Return the earliest time of which it tells: orders are told of when they are settled."""
        return min([self.begins_at, *self.derived.list_beginnings()])


def tell_story(
    plan: Plan, rules: Rules, write_truth: Write | None, chunk_days: int = CHUNK_DAYS
) -> Iterator[Chunk]:
    """Yield a site's history, chunk by chunk; the last one ends it at midnight after the last day."""
    simulated = simulate_history(
        plan.site,
        plan.seed,
        first_day=plan.first_day,
        days=plan.days,
        scenario=plan.scenario,
        average=plan.average,
    )
    truth = SiteTruth(simulated, write_truth) if write_truth else None
    if truth:
        truth.begin(seed=plan.seed, scenario=plan.scenario, faults={})
    orders = Orders(plan.site.key, rules.end_stages, rules.repairs)
    devices, tell_time = simulated.devices, simulated.timing.tell_time
    listener = _Listener(orders, tell_time(0))
    listener.hear(_say_of_all(devices.all, tell_time(0), "online"), tell_time(0))
    fact = next(simulated.facts)
    for first in range(0, plan.days, chunk_days):
        until = min(first + chunk_days, plan.days)
        while fact.at_seconds < until * DAY:
            at = tell_time(fact.at_seconds)
            said = list(devices.say(fact, at))
            if truth:
                truth.tell(fact, said, at)
            listener.hear(said, at)
            fact = next(simulated.facts)
        midnight = tell_time(until * DAY)
        if until < plan.days:
            yield listener.finish(until, midnight, orders.settle(midnight))
    if truth:
        truth.end(midnight)
    listener.pause()
    listener.hear(_say_of_all(devices.all, midnight, "offline"), midnight)
    yield listener.finish(plan.days, midnight, orders.end())


class _Listener:
    """What ingest would make of messages, gathered into chunks."""

    def __init__(self, orders: Orders, now: datetime) -> None:
        self._orders = orders
        self._topics: dict[tuple[Device, Kind], Topic] = {}
        self._clocks: dict[DeviceKey, Clock] = {}
        self._hearings: dict[DeviceKey, Hearing] = {}
        self._chunk = Chunk(now)

    def hear(self, said: Iterable[Outgoing], received_at: datetime) -> None:
        """Take messages that reached us at that moment."""
        for outgoing in said:
            named = (outgoing.device, outgoing.kind)
            topic = self._topics.get(named)
            if topic is None:
                topic = self._topics[named] = outgoing.device.name_topic(outgoing.kind)
            self._listen(topic, outgoing.payload, received_at)
            for table, row in make_rows(topic, outgoing.payload, received_at, NO_CORRECTION):
                self._chunk.rows[table].append(row)
                if table == "stage_scan":
                    self._orders.take_scan(row)
                elif table == "work_order_change":
                    self._orders.take_change(row)

    def _listen(self, topic: Topic, payload: Message, received_at: datetime) -> None:
        key = (topic.site, topic.device)
        hearing = self._hearings.get(key)
        if hearing is None:
            hearing = self._hearings[key] = Hearing(topic.source, self._clocks.get(key, Clock()))
        hearing.take(payload, ReceivedMessage("", b"", received_at, 0, 0, live=True))

    def pause(self) -> None:
        """Count what is heard from now on for itself."""
        self._clocks |= {key: hearing.clock for key, hearing in self._hearings.items()}
        self._chunk.heard.append(self._hearings)
        self._hearings = {}

    def finish(self, until_day: int, now: datetime, derived: Derived) -> Chunk:
        """Return what was gathered, and begin anew."""
        self.pause()
        chunk, self._chunk = self._chunk, Chunk(now)
        chunk.until_day, chunk.ends_at, chunk.derived = until_day, now, derived
        return chunk


def _say_of_all(
    devices: Iterable[Device], at: datetime, state: Literal["online", "offline"]
) -> list[Outgoing]:
    return [
        Outgoing(device, Kind.STATUS, DeviceStatus(at=at, state=state, firmware=device.firmware))
        for device in devices
    ]
