"""From simulated seconds to instants: how fast the shop's clock runs against ours.

Everything that is published carries the real time at which it happened: at speed 20 a repair
of an hour takes three minutes. Reads no clock; the moment of the start is given.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain

from simulators.facts import Fact, OrderFact, Stage, StageEntered


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
