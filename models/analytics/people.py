"""The figures of people and bays: what was sold, clocked, attended, occupied and left idle.

Owns the definitions of kpis.md, "People and bays", as pure functions over rows. Shares are None
where there is nothing to divide by. A technician without any labour has no figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.analytics.kpis import LabourRow
from models.analytics.spans import Span, add_up, cut, join
from models.domain.intervals import IntervalRow


@dataclass(frozen=True, slots=True)
class TechnicianFigures:
    """What a technician sold and clocked, in seconds; `attended_seconds` is the time in the shop."""

    technician: str
    sold_seconds: float
    clocked_seconds: float
    attended_seconds: float

    @property
    def efficiency(self) -> float | None:
        """Return hours sold on the jobs ÷ hours clocked on those jobs."""
        return _share(self.sold_seconds, self.clocked_seconds)

    @property
    def utilisation(self) -> float | None:
        """Return hours clocked on jobs ÷ hours attended."""
        return _share(self.clocked_seconds, self.attended_seconds)

    @property
    def productivity(self) -> float | None:
        """Return efficiency × utilisation: hours sold ÷ hours attended."""
        return _share(self.sold_seconds, self.attended_seconds)


@dataclass(frozen=True, slots=True)
class BayFigures:
    """How a bay was used, in seconds of opening hours."""

    bay: str
    occupied_seconds: float
    worked_seconds: float
    open_seconds: float

    @property
    def utilisation(self) -> float | None:
        """Return occupied ÷ open bay-hours."""
        return _share(self.occupied_seconds, self.open_seconds)

    @property
    def idle_share(self) -> float | None:
        """Return occupied with nobody working ÷ open bay-hours."""
        return _share(self.occupied_seconds - self.worked_seconds, self.open_seconds)


def measure_technicians(
    labour: Sequence[LabourRow],
    sold_hours: Mapping[tuple[str, str], float],
    attended: Mapping[str, Sequence[Span]],
) -> list[TechnicianFigures]:
    """Share the hours sold on each job among those who clocked on it, by their time.

    `sold_hours` is by work order and job. Time on two jobs at once counts for both jobs, but only once
    as clocked time. Where nobody says when a technician attended, pass `guess_attendance(labour)`.
    """
    on_job: defaultdict[tuple[str, str], float] = defaultdict(float)
    for row in labour:
        on_job[row.work_order, row.job] += add_up([row.span])
    sold: defaultdict[str, float] = defaultdict(float)
    clocked: defaultdict[str, list[Span]] = defaultdict(list)
    for row in labour:
        key = row.work_order, row.job
        if on_job[key]:
            sold[row.technician] += sold_hours.get(key, 0.0) * 3600 * add_up([row.span]) / on_job[key]
        clocked[row.technician].append(row.span)
    return [
        TechnicianFigures(
            technician, sold[technician], add_up(join(spans)), add_up(join(attended.get(technician, ())))
        )
        for technician, spans in sorted(clocked.items())
    ]


def guess_attendance(labour: Iterable[LabourRow], days: Mapping[str, Span]) -> dict[str, list[Span]]:
    """Say when technicians were in the shop, where no clock at the door does: first to last scan of a day.

    `days` names the begin and end of each day of the site.
    """
    worked: defaultdict[str, list[Span]] = defaultdict(list)
    for row in labour:
        worked[row.technician].append(row.span)
    return {
        technician: [
            (inside[0][0], max(end for _, end in inside))
            for day in days.values()
            if (inside := cut(join(spans), [day]))
        ]
        for technician, spans in worked.items()
    }


def measure_bays(
    bays: Sequence[str],
    intervals: Iterable[IntervalRow],
    touched: Mapping[str, Sequence[Span]],
    opening: Sequence[Span],
    until: datetime,
) -> list[BayFigures]:
    """Say how each bay was used while the site was open.

    `touched` is when somebody worked on each work order (see `find_touch`), `opening` the open spans of the
    time that is asked for; what lasts, lasts until `until`.
    """
    opened = join(opening)
    occupied: defaultdict[str, list[Span]] = defaultdict(list)
    worked: defaultdict[str, list[Span]] = defaultdict(list)
    for row in intervals:
        if row.bay:
            stay = (row.entered_at, max(row.left_at or until, row.entered_at))
            occupied[row.bay].append(stay)
            worked[row.bay] += cut([stay], join(touched.get(row.work_order, ())))
    return [
        BayFigures(
            bay,
            add_up(cut(join(occupied[bay]), opened)),
            add_up(cut(join(worked[bay]), opened)),
            add_up(opened),
        )
        for bay in bays
    ]


def reckon_load(planned_hours: float, available_hours: float) -> float | None:
    """Return planned ÷ available hours (负载率)."""
    return _share(planned_hours, available_hours)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
