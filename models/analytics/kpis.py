"""The figures of the trade over single orders: where their time went, and whether promises were kept.

Owns the definitions of kpis.md, "Time", as pure functions over rows; the rollups in SQL must equal
them. Figures of people, bays and sites stand in `models.analytics.people`, those of the flow in
`models.analytics.flow`. An order's time is never lost: touch and waits add up to its cycle.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from config.workshop import Stage
from models.analytics.open_clock import Hours
from models.analytics.spans import Span, add_up, cut, join
from models.domain.intervals import IntervalRow

# The cause of waiting between the opening of an order and its first scan.
RECEPTION = "reception"
_COMEBACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A work order; `ready_at` is when it last entered the stage in which a finished car waits."""

    work_order: str
    job_type: str | None
    vin: str | None
    opened_at: datetime
    closed_at: datetime | None
    ready_at: datetime | None
    first_promised_at: datetime | None
    promised_at: datetime | None
    sold_hours: float
    operations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LabourRow:
    """A technician worked on a job, from clocking on to clocking off."""

    work_order: str
    job: str
    technician: str
    bay: str | None
    began_at: datetime
    ended_at: datetime

    @property
    def span(self) -> Span:
        """Return when."""
        return self.began_at, self.ended_at


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """Where the time of a closed order went, in seconds; `wait_seconds` is by cause.

    `on_time` is measured against the first promise, None where there was none.
    """

    work_order: str
    cycle_seconds: float
    open_cycle_seconds: float
    touch_seconds: float
    wait_seconds: Mapping[str, float]
    on_time: bool | None

    @property
    def flow_efficiency(self) -> float | None:
        """Return touch ÷ cycle; None for an order that took no time."""
        return self.touch_seconds / self.cycle_seconds if self.cycle_seconds else None


def find_touch(interval: IntervalRow, closed_at: datetime, kind: str, worked: Sequence[Span]) -> list[Span]:
    """Return when somebody worked on the car in an interval of a stage of that kind.

    In a touch stage that is when a technician was clocked on to the order; where nobody was, all of it,
    unless the interval names a reason for waiting. `worked` is joined.
    """
    whole = (interval.entered_at, max(interval.left_at or closed_at, interval.entered_at))
    if kind != "touch":
        return []
    if clocked := cut([whole], worked):
        return clocked
    return join([whole]) if interval.reason is None else []


def measure_order(
    order: OrderRow,
    intervals: Sequence[IntervalRow],
    labour: Sequence[LabourRow],
    stages: Mapping[str, Stage],
    hours: Hours,
) -> OrderFigures:
    """Say where the time of a closed order went.

    `intervals` and `labour` are the order's own. The cause of a wait is its reason, else what its stage
    waits for, else the stage; time between opening and the first scan is the reception's.
    """
    closed_at = order.closed_at
    if closed_at is None:
        raise ValueError(f"{order.work_order} is still open")
    worked = join(row.span for row in labour)
    waits: defaultdict[str, float] = defaultdict(float)
    touch_seconds = 0.0
    for interval in intervals:
        stage = stages.get(interval.stage)
        touched = add_up(find_touch(interval, closed_at, stage.kind if stage else "wait", worked))
        lasted = max(0.0, ((interval.left_at or closed_at) - interval.entered_at).total_seconds())
        touch_seconds += touched
        cause = stage.name_cause(interval.reason) if stage else interval.reason or interval.stage
        waits[cause] += lasted - touched
    first = min((interval.entered_at for interval in intervals), default=closed_at)
    waits[RECEPTION] += (first - order.opened_at).total_seconds()
    ready_at = order.ready_at or closed_at
    return OrderFigures(
        work_order=order.work_order,
        cycle_seconds=(closed_at - order.opened_at).total_seconds(),
        open_cycle_seconds=add_up(hours.spans_between(order.opened_at, closed_at)),
        touch_seconds=touch_seconds,
        wait_seconds={cause: seconds for cause, seconds in waits.items() if seconds > 0},
        on_time=None if order.first_promised_at is None else ready_at <= order.first_promised_at,
    )


def rate_on_time(figures: Iterable[OrderFigures]) -> float | None:
    """Return ready by the first promise ÷ completed with a promise (交车及时率)."""
    kept = [each.on_time for each in figures if each.on_time is not None]
    return sum(kept) / len(kept) if kept else None


def list_carry_over(orders: Iterable[OrderRow], closing: datetime) -> list[OrderRow]:
    """Return the orders that are open at closing time, not ready, and not promised for later."""
    return [
        order
        for order in orders
        if order.opened_at <= closing
        and (order.closed_at is None or order.closed_at > closing)
        and (order.ready_at is None or order.ready_at > closing)
        and (order.promised_at is None or order.promised_at <= closing)
    ]


def list_comebacks(orders: Iterable[OrderRow]) -> set[str]:
    """Return the orders whose car came back within 30 days of delivery for an operation of theirs."""
    by_car: defaultdict[str, list[OrderRow]] = defaultdict(list)
    for order in orders:
        if order.vin:
            by_car[order.vin].append(order)
    return {
        order.work_order
        for visits in by_car.values()
        for order in visits
        if (closed_at := order.closed_at)
        if any(
            closed_at < later.opened_at <= closed_at + _COMEBACK and later.operations & order.operations
            for later in visits
        )
    }


def rate_first_time_fix(orders: Sequence[OrderRow]) -> float | None:
    """Return 1 − orders that came back ÷ orders (一次性修复率), of those that are closed."""
    closed = [order for order in orders if order.closed_at]
    return 1 - len(list_comebacks(orders)) / len(closed) if closed else None


def count_sold_hours(orders: Sequence[OrderRow]) -> float | None:
    """Return hours sold ÷ orders."""
    return sum(order.sold_hours for order in orders) / len(orders) if orders else None


def find_usual_age(cycle_seconds: Sequence[float], share: float = 0.85) -> float | None:
    """Return the cycle time below which that share of past orders of a job type lies, interpolated."""
    if not cycle_seconds:
        return None
    if len(cycle_seconds) == 1:
        return cycle_seconds[0]
    cuts = quantiles(cycle_seconds, n=100, method="inclusive")
    return cuts[round(share * 100) - 1]
