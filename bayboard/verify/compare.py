"""The database compared with what really happened, figure by figure.

Owns the judging: what is equal, what the system marked or refused, what nobody ever told it, and
what is silently wrong. Pure functions over the truth and over rows; reading them is
`bayboard.verify.rows`, printing them `bayboard.verify.table`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from bayboard.verify.verdict import (
    Finding,
    MessageKey,
    OrderKey,
    ReadingKey,
    Stored,
    StoredInterval,
    StoredLabour,
    StoredReading,
    Verdict,
)
from simulators.truth.lines import (
    BayTruth,
    FaultTruth,
    LabourTruth,
    OdometerTruth,
    ReadyTruth,
    StageTruth,
    Truth,
)


def compare(truth: Iterable[Truth], stored: Stored, within: timedelta) -> list[Finding]:
    """Compare every figure; instants are equal when they are no further apart than `within`."""
    lines = list(truth)
    fates = _Fates((line for line in lines if isinstance(line, FaultTruth)), stored)
    readings = _gather_readings(lines)
    judge = _Judge(lines, stored, fates, within)
    findings = [finding for line in lines if (finding := judge.judge(line))]
    for key, read in readings.items():
        findings += _judge_odometers(read, stored.readings.get(key, ()), fates)
    return findings


def _gather_readings(lines: Iterable[Truth]) -> dict[ReadingKey, list[OdometerTruth]]:
    readings: dict[ReadingKey, list[OdometerTruth]] = defaultdict(list)
    for line in lines:
        if isinstance(line, OdometerTruth):
            readings[line.site, line.device, line.id, line.vin].append(line)
    return readings


class _Judge:
    """Judges the lines of the truth that stand for themselves."""

    def __init__(self, lines: Iterable[Truth], stored: Stored, fates: "_Fates", within: timedelta) -> None:
        scans: dict[OrderKey, list[StageTruth]] = defaultdict(list)
        for line in lines:
            if isinstance(line, StageTruth):
                scans[line.site, line.work_order].append(line)
        self._orders = {
            key: _Order(its, stored.intervals.get(key, ()), fates, within) for key, its in scans.items()
        }
        self._spans = {key: _pair(clocked) for key, clocked in stored.labour.items()}
        self._stored, self._fates, self._within = stored, fates, within

    def judge(self, line: Truth) -> Finding | None:
        """Judge a line, if it is of that kind."""
        match line:
            case StageTruth():
                return self._orders[line.site, line.work_order].judge_stage(line)
            case BayTruth():
                return self._orders[line.site, line.work_order].judge_stay(line)
            case ReadyTruth():
                return self._orders[line.site, line.work_order].judge_ready(line)
            case LabourTruth():
                spans = self._spans.get((line.site, line.work_order, line.job, line.technician), ())
                return _judge_labour(line, spans, self._fates, self._within)
            case FaultTruth():
                return _judge_message(line, self._stored)
        return None


class _Fates:
    """What became of the messages that met faults, by the message each would have been without."""

    def __init__(self, faults: Iterable[FaultTruth], stored: Stored) -> None:
        self._fates: dict[MessageKey, set[Verdict]] = defaultdict(set)
        for line in faults:
            origin = (line.site, line.origin_device, line.origin_id)
            self._fates[origin].add(Verdict.UNTOLD if line.lost else _judge_message(line, stored).verdict)

    def explain(self, keys: Iterable[MessageKey]) -> Verdict | None:
        """Say why what these messages tell may be missing; None when all were stored."""
        fates = set().union(*(self._fates.get(key, set()) for key in keys))
        return next((fate for fate in (Verdict.QUARANTINED, Verdict.UNTOLD) if fate in fates), None)


class _Order:
    """One work order: its scans as they should have been, and its intervals as they are stored."""

    def __init__(
        self,
        scans: Sequence[StageTruth],
        intervals: Sequence[StoredInterval],
        fates: _Fates,
        within: timedelta,
    ) -> None:
        self._scans = scans
        self._intervals = intervals
        self._stays = list(_merge_stays(intervals))
        self._fates = fates
        self._within = within

    def judge_stage(self, lived: StageTruth) -> Finding:
        """Judge a stage interval."""
        for stored in self._intervals:
            if (stored.stage, stored.bay, stored.technician) == (
                lived.stage,
                lived.bay,
                lived.technician,
            ) and self._is_same(stored, lived):
                return Finding("stage intervals", Verdict.EQUAL)
        return self._differ("stage intervals", lived, f"{lived.stage} {lived.bay or '-'}", self._intervals)

    def judge_stay(self, lived: BayTruth) -> Finding:
        """Judge a stay in a bay: from these follows how long each bay was taken."""
        if any(stored.bay == lived.bay and self._is_same(stored, lived) for stored in self._stays):
            return Finding("bay stays", Verdict.EQUAL)
        return self._differ("bay stays", lived, lived.bay, self._stays)

    def judge_ready(self, lived: ReadyTruth) -> Finding:
        """Judge when a car was ready."""
        ready = next((stored for stored in self._intervals if stored.stage == "ready"), None)
        if ready and abs(ready.entered_at - lived.at) <= self._within:
            return Finding("ready times", Verdict.EQUAL)
        there = [] if ready is None else [ready]
        what = f"{lived.work_order} ready {_tell(lived.at)}, stored {_list(there)}"
        return Finding("ready times", self._judge(lived.at, lived.at, there), what)

    def _differ(
        self,
        figure: str,
        lived: StageTruth | BayTruth,
        name: str,
        stored: Sequence[StoredInterval],
    ) -> Finding:
        there = [one for one in stored if _overlap(one, lived.entered_at, lived.left_at)]
        span = f"{_tell(lived.entered_at)} to {_tell(lived.left_at)}"
        what = f"{lived.work_order} {name} {span}, stored {_list(there)}"
        # Where the scan between two stays in a place is not there, they are stored as one that began earlier.
        joined = [
            one.entered_at
            for one in there
            if one.bay == lived.bay and (one.left_at is None or one.left_at > lived.entered_at)
        ]
        return Finding(figure, self._judge(min([lived.entered_at, *joined]), lived.left_at, there), what)

    def _judge(self, since: datetime, until: datetime | None, there: Sequence[StoredInterval]) -> Verdict:
        told = [
            (scan.site, scan.device, scan.id)
            for scan in self._scans
            if since <= scan.entered_at and (until is None or scan.entered_at <= until)
        ]
        if any(one.inferred and _overlap(one, since, until) for one in self._intervals):
            return Verdict.MARKED
        return self._fates.explain(told) or (Verdict.WRONG if there else Verdict.MISSING)

    def _is_same(self, stored: StoredInterval, lived: StageTruth | BayTruth) -> bool:
        return abs(stored.entered_at - lived.entered_at) <= self._within and _is_near(
            stored.left_at, lived.left_at, self._within
        )


def _merge_stays(intervals: Iterable[StoredInterval]) -> Iterator[StoredInterval]:
    """Yield how long a car stood in each bay, through however many stages."""
    stay: StoredInterval | None = None
    for interval in intervals:
        if stay and interval.bay == stay.bay and interval.entered_at == stay.left_at:
            inferred = stay.inferred or interval.inferred
            stay = StoredInterval("", stay.bay, None, stay.entered_at, interval.left_at, inferred)
            continue
        if stay and stay.bay:
            yield stay
        stay = interval
    if stay and stay.bay:
        yield stay


def _pair(scans: Sequence[StoredLabour]) -> list[tuple[datetime | None, datetime | None]]:
    """Pair the scans of one person on one job into spans, open where one is not there."""
    spans: list[tuple[datetime | None, datetime | None]] = []
    on: datetime | None = None
    for scan in scans:
        if scan.action == "on":
            if on:
                spans.append((on, None))
            on = scan.at
        else:
            spans.append((on, scan.at))
            on = None
    if on:
        spans.append((on, None))
    return spans


def _judge_labour(
    lived: LabourTruth,
    spans: Sequence[tuple[datetime | None, datetime | None]],
    fates: _Fates,
    within: timedelta,
) -> Finding:
    if any(
        _is_near(on, lived.began_at, within) and _is_near(off, lived.ended_at, within) for on, off in spans
    ):
        return Finding("labour", Verdict.EQUAL)
    ids = [lived.on_id, *([lived.off_id] if lived.off_id else [])]
    there = [f"{_tell(on)} to {_tell(off)}" for on, off in spans]
    what = (
        f"{lived.work_order} {lived.job} {lived.technician} {_tell(lived.began_at)} to "
        f"{_tell(lived.ended_at)}, stored {'; '.join(there) or 'nothing'}"
    )
    fate = fates.explain((lived.site, lived.device, message_id) for message_id in ids)
    return Finding("labour", fate or (Verdict.WRONG if there else Verdict.MISSING), what)


# Devices show whole kilometres, and miles with one digit after the point.
_KM_WITHIN = 0.51


def _judge_odometers(
    lived: Sequence[OdometerTruth], stored: Sequence[StoredReading], fates: _Fates
) -> Iterator[Finding]:
    """Judge the readings of one car by one message, in the order of their times."""
    for read, row in zip_longest(lived, stored[: len(lived)]):
        what = f"{read.vin} {read.km:g} km, stored {f'{row.km:g} km' if row else 'nothing'}"
        if row is None:
            fate = fates.explain([(read.site, read.device, read.id)])
            yield Finding("odometers", fate or Verdict.MISSING, what)
        elif abs(row.km - read.km) <= _KM_WITHIN:
            yield Finding("odometers", Verdict.EQUAL)
        else:
            judged = {None: Verdict.UNJUDGED, False: Verdict.MARKED, True: Verdict.WRONG}
            yield Finding("odometers", judged[row.trusted], what)


def _judge_message(line: FaultTruth, stored: Stored) -> Finding:
    """Judge whether a faulty message is stored or quarantined; one that was lost can be neither."""
    if line.lost:
        return Finding("faulty messages", Verdict.UNTOLD)
    if line.sha256 in stored.quarantined:
        return Finding("faulty messages", Verdict.QUARANTINED)
    if (line.site, line.device, line.id) in stored.messages:
        return Finding("faulty messages", Verdict.EQUAL)
    what = f"{line.device} {line.id} ({', '.join(line.faults)}) is neither stored nor quarantined"
    return Finding("faulty messages", Verdict.MISSING, what)


def _overlap(stored: StoredInterval, since: datetime, until: datetime | None) -> bool:
    return (until is None or stored.entered_at <= until) and (
        stored.left_at is None or stored.left_at >= since
    )


def _is_near(stored: datetime | None, lived: datetime | None, within: timedelta) -> bool:
    if stored is None or lived is None:
        return stored is lived
    return abs(stored - lived) <= within


def _tell(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3] if at else "now"


def _list(intervals: Sequence[StoredInterval]) -> str:
    told = (
        f"{one.stage} {one.bay or '-'} {_tell(one.entered_at)} to {_tell(one.left_at)}" for one in intervals
    )
    return "; ".join(told) or "nothing"
