"""The figures of a simulated shop, by the function that reckons the real one's.

Owns the turning of facts into orders and spells in the shop's open seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf

import numpy as np

from config.workshop import Stage
from models.analytics.open_clock import OpenClock
from models.analytics.whatif import Figures, ShopOrder, ShopSpell, measure_shop
from simulators.facts import Fact, OrderCancelled, OrderOpened, StageEntered
from simulators.opening import DAY, Hours, OpeningHours

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)


def measure_facts(
    facts: Sequence[Fact], hours: Hours, stages: Sequence[Stage], first: int, days: int
) -> Figures | None:
    """Return the figures of the orders that became ready on so many days from day `first` on."""
    clock = OpenClock(_Spans(hours), _EPOCH, first + days + 1)
    begin, end = (
        clock.open_seconds_until(_EPOCH + timedelta(seconds=day * hours.day_seconds))
        for day in (first, first + days)
    )
    open_days = days
    if isinstance(hours, OpeningHours):
        open_days = sum(
            hours.seconds_until_open(day * DAY + hours.opens) == 0 for day in range(first, first + days)
        )
    return measure_shop(_list_orders(facts, clock), _list_spells(facts, clock), stages, begin, end, open_days)


def _list_orders(facts: Sequence[Fact], clock: OpenClock) -> Mapping[str, ShopOrder]:
    gone = {fact.order for fact in facts if isinstance(fact, OrderCancelled)}
    opened = [fact for fact in facts if isinstance(fact, OrderOpened) and fact.order not in gone]
    came = clock.count(np.array([fact.at_seconds for fact in opened])).tolist()
    promised = clock.count(np.array([fact.promised_seconds for fact in opened])).tolist()
    return {str(fact.order): ShopOrder(*ticks) for fact, *ticks in zip(opened, came, promised, strict=True)}


def _list_spells(facts: Sequence[Fact], clock: OpenClock) -> list[ShopSpell]:
    scans = [fact for fact in facts if isinstance(fact, StageEntered)]
    ticks = clock.count(np.array([fact.at_seconds for fact in scans])).tolist()
    entered: dict[int, list[tuple[float, StageEntered]]] = {}
    for tick, fact in zip(ticks, scans, strict=True):
        entered.setdefault(fact.order, []).append((tick, fact))
    return [
        ShopSpell(str(order), fact.stage, fact.reason, tick, left)
        for order, own in entered.items()
        for (tick, fact), left in zip(own, [*(tick for tick, _ in own[1:]), inf], strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Spans:
    """The opening hours of simulated days as instants, second 0 being the epoch."""

    hours: Hours

    def spans_between(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """List when the shop is open."""
        if not isinstance(self.hours, OpeningHours):
            return [(start, end)]
        return [
            (
                _EPOCH + timedelta(seconds=opens),
                _EPOCH + timedelta(seconds=opens + self.hours.workday_seconds),
            )
            for day in range((end - start).days)
            if self.hours.seconds_until_open(opens := day * DAY + self.hours.opens) == 0
        ]
