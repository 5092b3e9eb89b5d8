"""From simulated seconds to instants: how fast the shop's clock runs against ours.

Everything that is published carries the real time at which it happened: at speed 20 a repair
of an hour takes three minutes. History keeps to the calendar instead. Reads no clock; the
moment of the start is given.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import chain
from typing import Protocol

from simulators.facts import Fact, OrderFact, Stage, StageEntered


class Timing(Protocol):
    """What turns simulated seconds into instants."""

    @property
    def started_at(self) -> datetime:
        """The instant at which the run began; it gives order numbers their prefix."""

    @property
    def speed(self) -> float:
        """How many simulated seconds there are to a second."""

    def tell_time(self, seconds: float) -> datetime:
        """Return the instant of a simulated second."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Simulated second `start_seconds` is the instant `started_at`; each lasts 1/speed of a second."""

    started_at: datetime
    start_seconds: float
    speed: float
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        if self.started_at.tzinfo is None:
            raise ValueError("a simulation starts at an instant, not at a time without a zone")
        if self.speed <= 0:
            raise ValueError(f"speed {self.speed} is not above 0")

    def tell_time(self, seconds: float) -> datetime:
        """Return the instant of a simulated second, in the site's zone and to the millisecond."""
        # Reckoned in UTC: adding to a zoned time would walk the wall clock through daylight saving.
        elapsed = timedelta(milliseconds=round((seconds - self.start_seconds) / self.speed * 1000))
        start = self.started_at.astimezone(UTC)
        start -= timedelta(microseconds=start.microsecond % 1000)
        return (start + elapsed).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Simulated second 0 is midnight of `first_day` in the site's zone, and every day has 24 hours.

    Opening hours stay where they are on the wall clock when daylight saving begins and ends; the
    hour that the night then gains or loses is the price, and only telematics work at night.
    """

    first_day: date
    zone: tzinfo = UTC
    speed: float = 1.0

    @property
    def started_at(self) -> datetime:
        """Return the first midnight."""
        return datetime.combine(self.first_day, time(), self.zone)

    def tell_time(self, seconds: float) -> datetime:
        """Return the instant at which the site's wall clock shows that second, to the millisecond."""
        shown = datetime.combine(self.first_day, time()) + timedelta(milliseconds=round(seconds * 1000))
        # Through UTC, so that a wall clock's hour that does not exist becomes one that does.
        return shown.replace(tzinfo=self.zone).astimezone(UTC).astimezone(self.zone)


def skip_finished_orders(facts: Iterable[Fact], since: float) -> Iterator[Fact]:
    """Begin the story at `since` without cutting into it.

    Of what happened before, only the facts of orders that are still in the shop are kept, so
    that no car appears out of nothing and none is told of that has long gone.
    """
    stream = iter(facts)
    before: list[Fact] = []
    for fact in stream:
        if fact.at_seconds >= since:
            stream = chain((fact,), stream)
            break
        before.append(fact)
    gone = {fact.order for fact in before if isinstance(fact, StageEntered) and fact.stage is Stage.DELIVERED}
    yield from (fact for fact in before if isinstance(fact, OrderFact) and fact.order not in gone)
    yield from stream
