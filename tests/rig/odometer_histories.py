"""True histories of odometers and the errors put among them, for properties of the judgement.

A true history (docs/odometer.md) has eight readings or more, six hours to a week apart, of a car that drives
20 to 150 km a day on average and 0.3 to 2 times that between two readings; none is 0 or all ones. Up to three
wrong readings lie anywhere among them, also before the first: off the line by more than 500 km and more
than could be driven in the gap, or misdated by more than thirty days of the history.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from models.domain.odometer.limits import drive_at_most, means_no_value
from models.domain.odometer.reading import Reading

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_DEVICES = st.sampled_from(["gateway", "diag-1", "diag-2"])
# A misdated reading lies wrong by more than thirty days in which the car was read.
MISDATED_DAYS, OFF_KM = 30.0, 500.0


@dataclass(frozen=True)
class History:
    """Right readings in order of time: days since the first, and kilometres."""

    days: Sequence[float]
    km: Sequence[float]
    devices: Sequence[str]

    def drive(self, day: float) -> float:
        """Return what the car has driven by a day, also before the first reading and after the last."""
        after = min(max(1, bisect_right(self.days, day)), len(self.days) - 1)
        since, until = self.days[after - 1], self.days[after]
        rate = (self.km[after] - self.km[after - 1]) / (until - since)
        return max(0.0, self.km[after - 1] + rate * (day - since))

    def find_gap(self, day: float) -> float:
        """Return how many days the right readings around a day are apart; beyond an end, to the second."""
        after = bisect_right(self.days, day)
        if after == 0:
            return self.days[1] - day
        if after == len(self.days):
            return day - self.days[-2]
        return self.days[after] - self.days[after - 1]

    def read(self) -> list[Reading]:
        """Return the right readings."""
        return [read(*each) for each in zip(self.days, self.km, self.devices, strict=True)]


def read(day: float, km: float, device: str) -> Reading:
    """Return a reading of a day."""
    return Reading(_FIRST + timedelta(days=day), km, device, f"{day}/{km}")


@st.composite
def histories(draw: st.DrawFn, least_days: float = 0.0) -> History:
    """Draw a true history of at least eight readings, over at least so many days."""
    km_per_day = draw(st.floats(20, 150))
    days, km = [0.0], [draw(st.floats(1, 300_000))]
    gaps = draw(st.lists(st.tuples(st.floats(0.25, 7.0), st.floats(0.3, 2.0)), min_size=7, max_size=24))
    while sum(gap for gap, _ in gaps) < least_days:
        gaps += gaps
    for gap, factor in gaps:
        days.append(days[-1] + gap)
        km.append(km[-1] + gap * factor * km_per_day)
    devices = draw(st.lists(_DEVICES, min_size=len(days), max_size=len(days)))
    return History(days, [each + 0.1 if means_no_value(each) else each for each in km], devices)


@st.composite
def off_the_line(draw: st.DrawFn, history: History) -> list[Reading]:
    """Draw up to three readings too high or too low, by one error or by several."""
    wrong = []
    shared = draw(st.none() | st.floats(-400_000, 400_000))
    for _ in range(draw(st.integers(1, 3))):
        day = draw(st.floats(history.days[0] - 7.0, history.days[-1] + 7.0))
        error = draw(st.floats(-400_000, 400_000)) if shared is None else shared
        least = max(OFF_KM, drive_at_most(history.find_gap(day))) + 1.0
        if abs(error) < least:
            error = least if error >= 0 else -least
        if (km := history.drive(day) + error) < 0:
            km = history.drive(day) + max(least, -error)
        wrong.append(read(day, km, draw(_DEVICES)))
    return wrong


@st.composite
def misdated(draw: st.DrawFn, history: History) -> list[Reading]:
    """Draw up to three right readings dated more than thirty of the history's days too early or too late."""
    wrong = []
    least = MISDATED_DAYS + 0.01
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            true = draw(st.floats(least, history.days[-1]))
            day = true - draw(st.floats(least, true) | st.floats(least, 7200.0))
        else:
            true = draw(st.floats(0, history.days[-1] - least))
            day = true + draw(st.floats(least, history.days[-1] - true + 7.0))
        wrong.append(read(day, history.drive(true), draw(_DEVICES)))
    return wrong


@st.composite
def nearer_errors(draw: st.DrawFn, history: History) -> Reading:
    """Draw one reading off the line by no more than five hundred kilometres."""
    day = draw(st.floats(history.days[0] - 7.0, history.days[-1] + 7.0))
    return read(day, max(0.0, history.drive(day) + draw(st.floats(-OFF_KM, OFF_KM))), draw(_DEVICES))
