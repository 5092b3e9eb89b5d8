"""The figures of a period, made of sums: what the overview shows, and each of its formulas once.

Owns the ratios over sums that the rollups add up; single orders' figures stand in
`models.analytics.kpis`, and a test holds both to each other. A ratio without a divisor is None.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from models.analytics.flow import LittleCheck


@dataclass(frozen=True, slots=True)
class Sums:
    """What the orders closed in a period add up to, and what bays and technicians did in it.

    `days` is how many days it lasted, `carried_over` counts at its last closing time; None is not known.
    """

    days: float = 0
    orders: float = 0
    cycle_seconds: float = 0
    open_cycle_seconds: float = 0
    touch_seconds: float = 0
    promised: float = 0
    on_time: float = 0
    came_back: float = 0
    order_sold_hours: float = 0
    wait_seconds: Mapping[str, float] = field(default_factory=dict)
    bay_occupied_seconds: float = 0
    bay_worked_seconds: float = 0
    bay_open_seconds: float = 0
    clocked_seconds: float = 0
    sold_hours: float = 0
    attended_seconds: float = 0
    carried_over: float | None = None


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def mean_wait(sums: Sums, cause: str) -> float | None:
    """Return how long an order waited for a cause, in seconds, over all orders."""
    return _share(sums.wait_seconds.get(cause, 0.0), sums.orders)


# Every figure by its name; the texts of the pages name its formula by the same.
FIGURES: Mapping[str, Callable[[Sums], float | None]] = {
    "cycle": lambda sums: _share(sums.cycle_seconds, sums.orders),
    "open_cycle": lambda sums: _share(sums.open_cycle_seconds, sums.orders),
    "touch": lambda sums: _share(sums.touch_seconds, sums.orders),
    "wait": lambda sums: _share(sum(sums.wait_seconds.values()), sums.orders),
    "flow_efficiency": lambda sums: _share(sums.touch_seconds, sums.cycle_seconds),
    "throughput": lambda sums: _share(sums.orders, sums.days),
    "on_time": lambda sums: _share(sums.on_time, sums.promised),
    "carry_over": lambda sums: sums.carried_over,
    "first_time_fix": lambda sums: None if not sums.orders else 1 - sums.came_back / sums.orders,
    "hours_per_order": lambda sums: _share(sums.order_sold_hours, sums.orders),
    "bay_utilisation": lambda sums: _share(sums.bay_occupied_seconds, sums.bay_open_seconds),
    "bay_idle": lambda sums: _share(
        sums.bay_occupied_seconds - sums.bay_worked_seconds, sums.bay_open_seconds
    ),
    "efficiency": lambda sums: _share(sums.sold_hours * 3600, sums.clocked_seconds),
    "utilisation": lambda sums: _share(sums.clocked_seconds, sums.attended_seconds),
    "productivity": lambda sums: _share(sums.sold_hours * 3600, sums.attended_seconds),
}


@dataclass(frozen=True, slots=True)
class Overview:
    """A period, the one before it, its trend, and whether Little's law holds in it."""

    now: Sums
    before: Sums
    trend: Mapping[date, Sums]
    little: LittleCheck | None
