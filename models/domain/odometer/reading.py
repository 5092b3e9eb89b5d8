"""Mileage: what a reading says in kilometres, and whether it is believed.

Owns the judgement over all readings of one vehicle. It is a pure function of the set of readings
and of the corrections people made, so that the order of arrival changes nothing and a late reading
may change the verdict of the others. A reading is never changed; one that is not believed is refused with
a reason. The run of readings with the most evidence is believed, wherever a wrong one is; but a lower run
after an established history (a rollback, a new cluster) is refused until somebody corrects the odometer.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from models.domain.odometer.limits import MILE_KM, MOST_EVER_KM, Doubt, Point, means_no_value, say_doubt
from models.domain.odometer.stretch import judge_stretch

KM_PER_UNIT = {"km": 1.0, "mi": MILE_KM, "m": 0.001}
_FUTURE = timedelta(minutes=5)
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What an odometer showed, in the unit its device declared, at a corrected time."""

    at: datetime
    km: float
    device: str
    event_id: str = ""
    received_at: datetime | None = None
    # How many readings it stands for: more than one where it is what is left of dropped ones.
    evidence: int = 1


@dataclass(frozen=True, slots=True)
class Correction:
    """What a vehicle has really driven by a moment, and what its odometer shows then."""

    at: datetime
    km: float
    shown_km: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a reading is believed; `km` is what the vehicle has really driven, `reason` why it is not."""

    km: float | None
    reason: str | None = None

    @property
    def trusted(self) -> bool:
        """Say whether the reading is believed."""
        return self.reason is None


def judge_readings(
    readings: Sequence[Reading], corrections: Sequence[Correction] = (), in_service_on: date | None = None
) -> list[Verdict]:
    """Judge all readings of one vehicle; the verdicts stand in the order of the readings given.

    A correction is believed whatever the readings before it say, and those after it build on it.
    """
    order = sorted(range(len(readings)), key=lambda index: _position(readings[index]))
    verdicts: list[Verdict] = [Verdict(None)] * len(readings)
    marks = sorted(corrections, key=lambda correction: correction.at)
    mark_times = [mark.at for mark in marks]
    stretches: dict[int, list[int]] = {}
    for index in order:
        if doubt := _doubt_alone(readings[index]):
            verdicts[index] = Verdict(None, doubt)
        else:
            stretches.setdefault(bisect_right(mark_times, readings[index].at), []).append(index)
    new_on_day = _days(datetime.combine(in_service_on, time(), UTC)) if in_service_on else None
    for number, indexes in stretches.items():
        points = [_place(readings[i]) for i in indexes]
        mark = marks[number - 1] if number else None
        base = Point(_days(mark.at), mark.shown_km, "correction") if mark else None
        offset = mark.km - mark.shown_km if mark else 0.0
        doubts = judge_stretch(points, base, None if mark else new_on_day)
        for index, point, doubt in zip(indexes, points, doubts, strict=True):
            verdicts[index] = Verdict(None, doubt) if doubt else Verdict(point.km + offset)
    return verdicts


def _position(reading: Reading) -> tuple[datetime, float, str, str]:
    return reading.at, reading.km, reading.device, reading.event_id


def _doubt_alone(reading: Reading) -> str | None:
    """Return what is wrong with a reading whatever the others say."""
    if reading.received_at and reading.at > reading.received_at + _FUTURE:
        return say_doubt(Doubt.FUTURE, f"its time is {reading.at - reading.received_at} ahead of ours")
    if not 0 <= reading.km <= MOST_EVER_KM:
        doubt = Doubt.NO_VALUE if means_no_value(reading.km) else Doubt.RANGE
        return say_doubt(doubt, f"{reading.km:.10g} km")
    return None


def _place(reading: Reading) -> Point:
    return Point(_days(reading.at), reading.km, reading.device, reading.evidence)


def _days(at: datetime) -> float:
    return at.timestamp() / _DAY_SECONDS
