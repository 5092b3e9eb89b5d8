"""A simulated history as messages told it, and its truth: without database, broker or ingest.

Owns the shortest way from messages to rows: each message once, scans laid into intervals by the
domain, labour paired. For tests that compare pure figures with what really happened.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from msgspec import UNSET

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.kpis import LabourRow, OrderRow
from models.contract.payloads import LabourScan, StageScan, Vehicle, WorkOrderChange
from models.domain.intervals import IntervalRow, Scan
from models.domain.repairs import Limits, reckon_repaired
from simulators.devices.sending import read_id
from simulators.devices.spoil import Rates
from simulators.life import Life, Lived
from simulators.site import simulate_history
from simulators.truth.lines import Line
from simulators.truth.telling import SiteTruth

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
FIRST_DAY = date(2026, 6, 1)
_LIMITS = Limits(timedelta(seconds=120), timedelta(seconds=300))


@dataclass(slots=True)
class Told:
    """Rows by work order, as told, and the lines of the truth."""

    orders: dict[str, OrderRow] = field(default_factory=dict)
    intervals: dict[str, list[IntervalRow]] = field(default_factory=dict)
    labour: dict[str, list[LabourRow]] = field(default_factory=dict)
    sold_hours: dict[tuple[str, str], float] = field(default_factory=dict)
    truth: list[Line] = field(default_factory=list)


def tell_history(seed: int, days: int, rates: Rates) -> Told:
    """Live through some days of the default site and gather what its devices told."""
    site = simulate_history(SITE, seed, first_day=FIRST_DAY, days=days)
    told = Told()
    truth = SiteTruth(site, told.truth.append)
    end = site.timing.tell_time(days * 86400.0)
    scans: defaultdict[str, set[Scan]] = defaultdict(set)
    clocked: defaultdict[tuple[str, str, str, str | None], set[tuple[datetime, str]]] = defaultdict(set)
    changes: defaultdict[str, list[WorkOrderChange]] = defaultdict(list)
    life = Life(site, rates)
    for happening in life.live():
        if isinstance(happening, Lived):
            if happening.due_at >= end:
                life.end()
                continue
            truth.tell(happening.fact, happening.said, happening.due_at)
            continue
        sending = happening.sending
        match sending.payload:
            case StageScan() as scan:
                scans[scan.work_order].add(_read_scan(scan, sending.device.name))
            case LabourScan() as scan:
                key = (scan.work_order, scan.job, scan.technician, scan.bay)
                clocked[key].add((scan.at, scan.action))
            case WorkOrderChange() as change:
                changes[change.work_order].append(change)
    truth.end(end)
    for (work_order, job, technician, bay), taps in clocked.items():
        told.labour.setdefault(work_order, []).extend(
            LabourRow(work_order, job, technician, bay, on, off)
            for (on, action), (off, _) in pairwise(sorted(taps))
            if action == "on"
        )
    for work_order, said in changes.items():
        if all(change.change != "cancelled" for change in said):
            _fold(told, work_order, said, scans[work_order])
    return told


def _read_scan(scan: StageScan, device: str) -> Scan:
    return Scan(
        scan.at, device, read_id(scan), scan.stage, scan.bay, scan.technician, scan.operation, scan.reason
    )


def _fold(told: Told, work_order: str, said: list[WorkOrderChange], scans: set[Scan]) -> None:
    said = sorted(said, key=lambda change: change.at)
    lines = [change.lines for change in said if change.lines is not UNSET][-1]
    promises = [change.promised_at for change in said if isinstance(change.promised_at, datetime)]
    intervals = reckon_repaired(scans, {"delivered"}, _LIMITS)
    vehicle = said[0].vehicle
    told.intervals[work_order] = [
        IntervalRow(work_order, one.stage, one.bay, one.technician, one.reason, one.entered_at, one.left_at)
        for one in intervals
    ]
    told.sold_hours |= {(work_order, line.job): line.hours or 0.0 for line in lines}
    told.orders[work_order] = OrderRow(
        work_order=work_order,
        job_type=said[0].job_type or None,
        vin=vehicle.vin if isinstance(vehicle, Vehicle) and isinstance(vehicle.vin, str) else None,
        opened_at=said[0].at,
        closed_at=next((one.entered_at for one in intervals if one.stage == "delivered"), None),
        ready_at=next((one.entered_at for one in reversed(intervals) if one.stage == "ready"), None),
        first_promised_at=promises[0],
        promised_at=promises[-1],
        sold_hours=sum(line.hours or 0.0 for line in lines),
        operations=frozenset(line.operation for line in lines if line.operation),
    )
