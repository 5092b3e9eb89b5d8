"""The figures of the overview reckoned from the truth alone: shares no code with `models.analytics`.

Owns the plainest reckoning there is: it walks from instant to instant and asks what was going on between
them. Promises, hours sold and operations are what the dealer's system said, since no simulation hides them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from simulators.truth.lines import BayTruth, LabourTruth, Line, ReadyTruth, StageTruth

TOUCH_STAGES = {"inspecting", "repairing", "quality_check", "washing"}
COMEBACK = timedelta(days=30)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Said:
    """What the dealer's system said of a work order; hours are by job."""

    vin: str | None
    first_promised_at: datetime | None
    promised_at: datetime | None
    hours: Mapping[str, float]
    operations: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shop:
    """Where and when: opening spans of the period, and the zone that days are of."""

    bays: int
    opening: Sequence[Span]
    zone: tzinfo
    ends_at: datetime


def measure_while(spans: Iterable[Span], *conditions: Sequence[Span]) -> float:
    """Return the seconds in which one of the spans lasts, and one of each of the conditions does."""
    every = [list(spans), *conditions]
    instants = sorted({at for some in every for span in some for at in span})
    return sum(
        (end - begin).total_seconds()
        for begin, end in pairwise(instants)
        if all(any(since <= begin and end <= until for since, until in some) for some in every)
    )


class TrueKpis:
    """The truth of one site, sorted by what it is about."""

    def __init__(self, truth: Iterable[Line], said: Mapping[str, Said], shop: Shop) -> None:
        self.stages: defaultdict[str, list[StageTruth]] = defaultdict(list)
        self.labour: list[LabourTruth] = []
        self.stays: defaultdict[str, list[Span]] = defaultdict(list)
        self.ready: dict[str, datetime] = {}
        for line in truth:
            match line:
                case StageTruth():
                    self.stages[line.work_order].append(line)
                case LabourTruth(ended_at=datetime()):
                    self.labour.append(line)
                case BayTruth():
                    self.stays[line.bay].append((line.entered_at, line.left_at or shop.ends_at))
                case ReadyTruth():
                    self.ready[line.work_order] = line.at
        for lines in self.stages.values():
            lines.sort(key=lambda line: line.entered_at)
        self.said, self.shop = said, shop
        # Whoever takes his car away again is no order of the shop's, yet his car stood in its bays.
        self.closed = [order for order in said if self.stages[order][-1].stage == "delivered"]

    def reckon(self, days: int) -> dict[str, float]:
        """Return every figure of the overview, by the name the page has for it."""
        orders = len(self.closed)
        cycle = sum(end - begin for begin, end in map(self._cycle, self.closed))
        touch = self._mean(lambda order: measure_while(self._touch(order)))
        clocked, attended, sold = self._clocked(), self._attended(), self._sold()
        return {
            "cycle": cycle / orders,
            "open_cycle": self._mean(self._open_cycle),
            "touch": touch,
            "wait": cycle / orders - touch,
            "flow_efficiency": touch / (cycle / orders),
            "throughput": orders / days,
            "on_time": self._mean(self._is_on_time),
            "carry_over": self._carried_over(),
            "first_time_fix": 1 - self._mean(self._came_back),
            "hours_per_order": self._mean(lambda order: sum(self.said[order].hours.values())),
            **self._reckon_bays(),
            "efficiency": sold * 3600 / clocked,
            "utilisation": clocked / attended,
            "productivity": sold * 3600 / attended,
        }

    def _mean(self, measure: Callable[[str], float]) -> float:
        return sum(map(measure, self.closed)) / len(self.closed)

    def _cycle(self, order: str) -> tuple[float, float]:
        lines = self.stages[order]
        return lines[0].entered_at.timestamp(), lines[-1].entered_at.timestamp()

    def _open_cycle(self, order: str) -> float:
        lines = self.stages[order]
        return measure_while([(lines[0].entered_at, lines[-1].entered_at)], self.shop.opening)

    def _touch(self, order: str) -> list[Span]:
        """Nobody clocks on for a check or a wash; where there are no hands, somebody is waited for."""
        found: list[Span] = []
        clocked = [_span(line) for line in self.labour if line.work_order == order]
        for line in self.stages[order]:
            until = line.left_at or self.shop.ends_at
            if line.stage not in TOUCH_STAGES:
                continue
            inside = [
                (max(begin, line.entered_at), min(end, until))
                for begin, end in clocked
                if begin < until and end > line.entered_at
            ]
            if inside:
                found += inside
            elif line.technician or line.stage == "washing":
                found.append((line.entered_at, until))
        return found

    def _is_on_time(self, order: str) -> bool:
        promised_at = self.said[order].first_promised_at
        return promised_at is None or self.ready[order] <= promised_at

    def _came_back(self, order: str) -> bool:
        mine, left_at = self.said[order], self.stages[order][-1].entered_at
        return any(
            mine.vin == its.vin
            and left_at < self.stages[later][0].entered_at <= left_at + COMEBACK
            and mine.operations & its.operations
            for later, its in self.said.items()
        )

    def _carried_over(self) -> float:
        closing = max(until for _, until in self.shop.opening)
        return sum(
            lines[0].entered_at <= closing
            and not any(line.stage in {"ready", "delivered"} and line.entered_at <= closing for line in lines)
            and (its.promised_at or closing) <= closing
            for order, its in self.said.items()
            if (lines := self.stages[order])
        )

    def _reckon_bays(self) -> dict[str, float]:
        opening = self.shop.opening
        whole = self.shop.bays * measure_while(opening)
        occupied = sum(measure_while(stays, opening) for stays in self.stays.values())
        worked: defaultdict[str, list[Span]] = defaultdict(list)
        for order, lines in self.stages.items():
            touched = self._touch(order)
            for line in lines:
                if line.bay:
                    worked[line.bay] += _cut(touched, line.entered_at, line.left_at or self.shop.ends_at)
        busy = sum(measure_while(spans, opening) for spans in worked.values())
        return {"bay_utilisation": occupied / whole, "bay_idle": (occupied - busy) / whole}

    def _clocked(self) -> float:
        return sum(measure_while(map(_span, lines)) for lines in self._by(lambda line: line.technician))

    def _attended(self) -> float:
        """From the first clocking of a day to the last: nobody scans at the door."""
        days = self._by(lambda line: (line.technician, line.began_at.astimezone(self.shop.zone).date()))
        return sum(
            (max(end for _, end in spans) - min(begin for begin, _ in spans)).total_seconds()
            for spans in ([_span(line) for line in lines] for lines in days)
        )

    def _sold(self) -> float:
        return sum(
            self.said[order].hours.get(job, 0.0)
            for order, job in {(line.work_order, line.job) for line in self.labour}
        )

    def _by(self, key: Callable[[LabourTruth], str | tuple[str, date]]) -> Iterable[Sequence[LabourTruth]]:
        groups: defaultdict[str | tuple[str, date], list[LabourTruth]] = defaultdict(list)
        for line in self.labour:
            groups[key(line)].append(line)
        return groups.values()


def _span(line: LabourTruth) -> Span:
    assert line.ended_at
    return line.began_at, line.ended_at


def _cut(spans: Iterable[Span], since: datetime, until: datetime) -> list[Span]:
    return [(max(begin, since), min(end, until)) for begin, end in spans if begin < until and end > since]
