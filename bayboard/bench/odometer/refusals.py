"""How many wrong odometer readings are refused, and how many good ones: the simulator's faults, judged.

Owns what counts as wrong, what as below the noise, and which wrong readings nothing contradicts. It knows
the truth and the faults, as the judgement does not, and says every miss in one of its lines.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock

from bayboard.bench.odometer.story import RIGHT_WITHIN_KM, CarStory, Told, tell_stories
from models.domain.odometer.limits import ORDINARY_A_DAY_KM
from models.domain.odometer.reading import judge_readings

BEGAN = datetime(2024, 9, 1, tzinfo=UTC)
_CLEAN_DAYS, _FAULTY_DAYS = 365, 365
# More than a workshop has, so that there are enough of each to count. Clocks are put right by ingest before.
_FAULTY = {
    "cluster-swap": 0.03,
    "rollback": 0.03,
    "undeclared-miles": 0.03,
    "extra-digit": 0.02,
    "miles": 0.02,
    "metres": 0.05,
    "late-buffer": 0.06,
    "disorder": 0.02,
    "duplicate": 0.01,
}
_MAKE_WRONG = ("cluster-swap", "rollback", "undeclared-miles", "extra-digit")
# Each declares its unit; of a message that meets both, the second declares what the first has changed.
_TWO_UNITS = "two units"
# A sound car may be registered so long before it is driven; and rounding makes its line no straighter.
_FIRST_DRIVEN_DAYS, _ROUNDING_KM = 60.0, 2.0


@dataclass(slots=True)
class Tally:
    """How many readings there are, and how many of them are refused."""

    total: int = 0
    refused: int = 0

    def add(self, *, refused: bool) -> None:
        """Count one reading."""
        self.total += 1
        self.refused += refused

    def __str__(self) -> str:
        if not self.total:
            return "none"
        return f"{self.refused:,} of {self.total:,} refused ({self.refused / self.total:.3%})"


@dataclass(slots=True)
class Refusals:
    """Readings by what made them wrong, and how many of them were refused."""

    faults: dict[str, Tally] = field(default_factory=dict)
    read: Tally = field(default_factory=Tally)
    unread: Tally = field(default_factory=Tally)
    """Wrong readings of cars without a reading before faults began."""
    good: Tally = field(default_factory=Tally)
    near: Tally = field(default_factory=Tally)
    """What a fault changed by less than a right reading may be off."""
    like_sound: Counter[str] = field(default_factory=Counter)
    """Wrong readings believed of unread cars whose every believed reading a sound car would show, too."""
    judged_per_second: float = 0.0

    @property
    def wrong(self) -> Tally:
        """Return all that are wrong."""
        return Tally(self.read.total + self.unread.total, self.read.refused + self.unread.refused)

    @property
    def contradicted(self) -> Tally:
        """Return those that are wrong and do not look like readings of a sound car."""
        return Tally(self.wrong.total - self.like_sound.total(), self.wrong.refused)

    def __str__(self) -> str:
        lines = [f"{fault}: {tally}" for fault, tally in sorted(self.faults.items())]
        kinds = ", ".join(f"{fault} {count:,}" for fault, count in sorted(self.like_sound.items()))
        found = self.like_sound.total()
        lines += [
            f"wrong readings, all: {self.wrong}",
            f"wrong readings of cars that were read before faults began: {self.read}",
            f"wrong readings of cars that were not: {self.unread}",
            f"believed, of cars whose every reading is a sound car's, too: {found:,} ({kinds or 'none'})",
            f"wrong readings without those: {self.contradicted}",
            f"changed by a fault, but by less than {RIGHT_WITHIN_KM:g} km: {self.near}",
            f"good readings: {self.good}",
            f"judged: {self.judged_per_second:,.0f} readings a second of a core",
        ]
        return "\n".join(lines)


def measure_refusals(cars: int, seed: str = "bench") -> Refusals:
    """Judge two years of readings, clean in the first, with the simulator's faults in the second."""
    found = Refusals()
    readings, seconds, days = 0, 0.0, _CLEAN_DAYS + _FAULTY_DAYS
    for story in tell_stories(seed, cars, BEGAN, days, faulty=_FAULTY, faults_after_days=_CLEAN_DAYS):
        started = time.process_time()
        verdicts = judge_readings(
            [told.reading for told in story.told], in_service_on=story.car.in_service_on
        )
        seconds += time.process_time() - started
        readings += len(verdicts)
        _count(found, story, [verdict.trusted for verdict in verdicts])
    found.judged_per_second = readings / seconds
    return found


def _count(found: Refusals, story: CarStory, trusted: Sequence[bool]) -> None:
    """Count each reading of a car in its lines."""
    spoilt_from = BEGAN + timedelta(days=_CLEAN_DAYS)
    is_unread = all(told.reading.at >= spoilt_from for told in story.told)
    is_like_sound = is_unread and _looks_sound(story, trusted)
    for told, is_trusted in zip(story.told, trusted, strict=True):
        if told.is_wrong:
            fault = _name_fault(told)
            found.faults.setdefault(fault, Tally()).add(refused=not is_trusted)
            (found.unread if is_unread else found.read).add(refused=not is_trusted)
            if is_like_sound and is_trusted:
                found.like_sound[fault] += 1
        else:
            is_changed = any(fault in told.faults for fault in _MAKE_WRONG)
            (found.near if is_changed else found.good).add(refused=not is_trusted)


def _name_fault(told: Told) -> str:
    return " and ".join(fault for fault in _MAKE_WRONG if fault in told.faults) or _TWO_UNITS


def _looks_sound(story: CarStory, trusted: Sequence[bool]) -> bool:
    """Say whether what is believed of a car is what a sound one shows.

    The sound one has the same first day and rhythm of the week, is driven so many times as far every day, and
    may have waited some weeks for its buyer: its readings and these are the same, so that nobody can refuse
    the one and believe the other.
    """
    shown = [
        (told.true_km, told.reading.km)
        for told, is_trusted in zip(story.told, trusted, strict=True)
        if is_trusted
    ]
    driven = sorted(pair for pair in shown if pair[1] > 0)
    if not driven:
        return bool(shown) and _count_age(story) <= _FIRST_DRIVEN_DAYS
    (true, km), (last_true, last_km) = driven[0], driven[-1]
    lines = [(last_km / last_true, 0.0)]
    if last_true > true:
        factor = (last_km - km) / (last_true - true)
        lines.append((factor, factor * true - km))
    return any(_is_line(story, factor, late_km, shown) for factor, late_km in lines)


def _is_line(story: CarStory, factor: float, late_km: float, shown: Sequence[tuple[float, float]]) -> bool:
    """Say whether a car that is driven so many times as far, from a later day on, shows the same."""
    rate = factor * story.car.km_per_day
    return (
        0 < rate <= ORDINARY_A_DAY_KM
        and 0 <= late_km <= rate * _FIRST_DRIVEN_DAYS
        and all(abs(km - max(0.0, factor * true - late_km)) <= _ROUNDING_KM for true, km in shown)
    )


def _count_age(story: CarStory) -> float:
    """Return how old a car is at its last reading, in days."""
    new = datetime.combine(story.car.in_service_on, clock(), UTC)
    return (max(told.reading.at for told in story.told) - new) / timedelta(days=1)
