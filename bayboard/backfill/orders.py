"""The orders of a history: kept while they are open, and projected once nothing about them can change.

Owns when that is: an order is settled when it is closed, and so are those right before and after it
in its bays, at a moment when nobody has scanned anything for a while. What rows it becomes is
decided where ingest decides it. Pure; memory holds the open orders and the closed ones beside
them, however long the history.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from ingest.steps.rows import Row
from ingest.store.orders import ORDER_COLUMNS, OrderNews, list_lines, list_parts, order_values
from ingest.store.project import INTERVAL_COLUMNS, interval_values
from models.domain.intervals import Interval, Scan
from models.domain.repairs import Limits, Neighbours, Stay, list_stays, reckon_repaired, share_bays
from models.domain.work_order import Change, Facts, fold_changes, judge_standing

_ORDER = ("site", "work_order")
# The columns of what is derived, in the order of the rows below.
DERIVED_COLUMNS: dict[str, tuple[str, ...]] = {
    "stage_interval": (*_ORDER, *INTERVAL_COLUMNS),
    "bay_stay": ("site", "bay", "entered_at", "work_order", "left_at"),
    "work_order": (*_ORDER, *ORDER_COLUMNS),
    "work_order_line": (*_ORDER, "position", "job", "operation", "hours"),
    "work_order_part": (*_ORDER, "position", "part", "description", "quantity", "status", "eta"),
}
_ENTERED_AT = DERIVED_COLUMNS["stage_interval"].index("entered_at")
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Derived:
    """What orders became: rows by table, and the facts in which their vehicles stand."""

    orders: list[str] = field(default_factory=list)
    rows: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    facts: list[Facts] = field(default_factory=list)

    def list_beginnings(self) -> list[datetime]:
        """List when the stages of the orders were entered."""
        return [row[_ENTERED_AT] for row in self.rows["stage_interval"]]


@dataclass(slots=True)
class _Order:
    scans: list[Scan] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    heard_at: datetime = _EARLIEST
    closed: bool = False


class Orders:
    """The orders of one site that are not settled."""

    def __init__(self, site: str, end_stages: AbstractSet[str], limits: Limits) -> None:
        self._site = site
        self._end_stages = end_stages
        self._limits = limits
        self._orders: defaultdict[str, _Order] = defaultdict(_Order)
        # Stays of settled orders that stand next to a stay that is not, or to one that may yet begin.
        self._settled_stays: list[Stay] = []

    def take_scan(self, row: Row) -> None:
        """Take a row of stage_scan."""
        _, device, event_id, _, received_at, at, order, stage, *place, _ = row
        kept = self._orders[order]
        kept.scans.append(Scan(at, device, event_id, stage, *place))
        kept.heard_at = max(kept.heard_at, received_at)
        kept.closed |= stage in self._end_stages

    def take_change(self, row: Row) -> None:
        """Take a row of work_order_change."""
        _, device, event_id, _, received_at, at, order, change, _ = row
        kept = self._orders[order]
        kept.changes.append(Change(at, device, event_id, change.obj))
        kept.heard_at = max(kept.heard_at, received_at)

    def settle(self, now: datetime) -> Derived:
        """Return what settled orders became, and forget them.

        A scan may move to another bay with the next one, if that comes soon; then nothing is settled.
        """
        soon = max(self._limits.wrong_bay, self._limits.two_places)
        open_scans = (order.scans for order in self._orders.values() if not order.closed)
        if any(scans and now - scans[-1].at < soon for scans in open_scans):
            return Derived()
        return self._derive(final=False)

    def end(self) -> Derived:
        """Return what all orders became, the open ones as they stand."""
        return self._derive(final=True)

    def _derive(self, *, final: bool) -> Derived:
        alone = {
            name: reckon_repaired(order.scans, self._end_stages, self._limits)
            for name, order in self._orders.items()
        }
        stays = {name: list_stays(name, intervals) for name, intervals in alone.items()}
        near = _find_neighbours(chain(self._settled_stays, *stays.values()))
        open_orders = {name for name, order in self._orders.items() if not order.closed}
        derived = Derived()
        for name, intervals in alone.items():
            if final or not open_orders & {name, *_list_orders_near(stays[name], near)}:
                repaired = share_bays(name, intervals, near)
                self._add(derived, name, self._orders[name], repaired, stays[name])
        for name in derived.orders:
            del self._orders[name]
        self._settled_stays = _keep_beside(near, self._orders.keys())
        return derived

    def _add(
        self, derived: Derived, name: str, order: _Order, intervals: list[Interval], stays: list[Stay]
    ) -> None:
        facts = fold_changes(order.changes)
        news = OrderNews(facts, judge_standing(facts, intervals, self._end_stages), order.heard_at)
        key, rows = (self._site, name), derived.rows
        rows["stage_interval"] += [(*key, *values) for values in interval_values(intervals)]
        rows["bay_stay"] += [(self._site, stay.bay, stay.entered_at, name, stay.left_at) for stay in stays]
        rows["work_order"].append((*key, *order_values(news)))
        rows["work_order_line"] += [(*key, n, *line) for n, line in enumerate(list_lines(facts))]
        rows["work_order_part"] += [
            (*key, n, *part, eta and datetime.fromisoformat(eta))
            for n, (*part, eta) in enumerate(list_parts(facts))
        ]
        derived.orders.append(name)
        derived.facts.append(facts)


def _find_neighbours(stays: Iterable[Stay]) -> dict[Stay, Neighbours]:
    bays: defaultdict[str, list[Stay]] = defaultdict(list)
    for stay in stays:
        bays[stay.bay].append(stay)
    found: dict[Stay, Neighbours] = {}
    for line in bays.values():
        line.sort(key=lambda stay: (stay.entered_at, stay.work_order))
        for place, stay in enumerate(line):
            before = line[place - 1] if place else None
            found[stay] = Neighbours(before, *(*line[place + 1 : place + 3], None, None)[:2])
    return found


def _list_near(near: Neighbours) -> Iterator[Stay]:
    return (stay for stay in (near.before, near.after, near.after_that) if stay)


def _list_orders_near(stays: Iterable[Stay], near: Mapping[Stay, Neighbours]) -> set[str]:
    return {beside.work_order for stay in stays for beside in _list_near(near[stay])}


def _keep_beside(near: Mapping[Stay, Neighbours], pending: Collection[str]) -> list[Stay]:
    """Return the stays of settled orders that pending or future stays have as neighbours."""
    wanted = {
        beside for stay, around in near.items() if stay.work_order in pending for beside in _list_near(around)
    }
    return [
        stay
        for stay, around in near.items()
        if stay.work_order not in pending and (stay in wanted or around.after is None)
    ]
