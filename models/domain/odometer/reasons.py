"""Why a reading is refused, in the word that its reason begins with and the figures that gave rise to it.

Names what the judgement has decided, by the readings believed before and after it. Decides nothing. Pure.
"""

from collections.abc import Sequence

from models.domain.odometer.limits import (
    HIGH_SLIPS,
    LOW_SLIPS,
    TOLERANCE_KM,
    Doubt,
    Point,
    drive_at_most,
    find_fall_slip,
    find_first_slip,
    find_rise_slip,
    is_too_new,
    means_no_value,
    say_doubt,
)
from models.domain.odometer.runs import Run


def name_doubts(
    points: Sequence[Point],
    believed: Sequence[bool],
    runs: Sequence[Run],
    km_per_day: float,
    new_on_day: float | None,
) -> list[str | None]:
    """Return why each reading is refused; one that goes on from a refused one shares its reason."""
    runs_of = {place: run for run in runs for place in run.places}
    said: dict[int, str] = {}
    doubts: list[str | None] = [None] * len(points)
    afters = _find_afters(points, believed)
    before: Point | None = None
    for place, point in enumerate(points):
        if believed[place]:
            before = point if before is None or point.km > before.km else before
            continue
        run = runs_of.get(place)
        if means_no_value(point.km) and run is None:
            doubts[place] = say_doubt(Doubt.NO_VALUE, f"{point.km:g} km is what devices send for not known")
            continue
        reason = _name(before, point, afters[place], km_per_day)
        if reason is None and run and is_too_new(run.points[0], run.points[-1], new_on_day):
            first = run.points[0]
            age = first.day - (new_on_day or 0.0)
            reason = say_doubt(Doubt.NEW_CLUSTER, f"{first.km:.0f} km after {age:.0f} days in service")
        key = id(run)
        doubts[place] = reason or said.get(key) or _say_astray(point)
        said[key] = doubts[place] or ""
    return doubts


def _find_afters(points: Sequence[Point], believed: Sequence[bool]) -> list[Point | None]:
    afters: list[Point | None] = [None] * len(points)
    after: Point | None = None
    for place in range(len(points) - 1, -1, -1):
        afters[place] = after
        if believed[place]:
            after = points[place]
    return afters


def _name(before: Point | None, point: Point, after: Point | None, km_per_day: float) -> str | None:
    if before is None:
        return _name_first(point, after, km_per_day) if after else None
    if point.km < before.km - TOLERANCE_KM:
        return _name_fall(before, point, km_per_day)
    days = max(0.0, point.day - before.day)
    if doubt := find_rise_slip(before, point, km_per_day):
        return say_doubt(doubt, f"{point.km:.0f} km after {before.km:.0f} km")
    if point.km - before.km > drive_at_most(days):
        return say_doubt(Doubt.JUMP, f"{point.km - before.km:.0f} km in {days:.1f} days")
    if after and point.km > after.km + TOLERANCE_KM:
        return say_doubt(Doubt.CONTRADICTED, f"{point.km:.0f} km, and less in the readings after it")
    return None


def _name_fall(before: Point, point: Point, km_per_day: float) -> str:
    figures = f"{point.km:.0f} km after {before.km:.0f} km"
    if slip := find_fall_slip(before, point, km_per_day):
        return say_doubt(slip, figures)
    is_other = before.device != point.device and point.day - before.day <= 1
    return say_doubt(Doubt.DISAGREES if is_other else Doubt.BACKWARDS, f"{figures} by {before.device}")


def _name_first(point: Point, after: Point, km_per_day: float) -> str:
    """Name what is wrong with a reading before the first that is believed."""
    is_low = point.km <= after.km + TOLERANCE_KM
    if slip := find_first_slip(point, after, LOW_SLIPS if is_low else HIGH_SLIPS, km_per_day):
        return say_doubt(slip, f"{point.km:.0f} km before {after.km:.0f} km")
    others = "the readings after it agree on more" if is_low else "less in the readings after it"
    return say_doubt(Doubt.CONTRADICTED, f"{point.km:.0f} km, and {others}")


def _say_astray(point: Point) -> str:
    return say_doubt(Doubt.CONTRADICTED, f"{point.km:.0f} km goes on from readings that are refused")
