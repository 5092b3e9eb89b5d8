"""When the shop is open and its people are there, in simulated seconds.

Owns opening hours, pauses, days off and how demand is spread over hours and weekdays. Days are
numbered from second 0. Knows no date, zone or clock: those come with the pace, and holidays
as numbers of days from `simulators.holiday`.
"""

import math
from dataclasses import dataclass
from typing import Protocol

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Rota:
    """When somebody does not work: seconds of the working day in their order, and a weekday off.

    Monday is weekday 0.
    """

    pauses: tuple[tuple[float, float], ...]
    day_off: int | None = None


class Hours(Protocol):
    """What the shop must know of time."""

    @property
    def workday_seconds(self) -> float:
        """How long the shop is open on a day."""

    @property
    def day_seconds(self) -> float:
        """How long it is from one opening to the next."""

    def seconds_until_open(self, at: float, /) -> float:
        """Say how long until the shop is open; 0 while it is."""

    def find_pause(self, at: float, rota: Rota, /) -> tuple[float, float]:
        """Return start and end of the pause somebody is in, or else has next."""

    def add_open_seconds(self, at: float, seconds: float, /) -> float:
        """Return the moment by which the shop has been open for so long."""

    def weigh_demand(self, at: float, *, walks_in: bool) -> float:
        """Say how many cars come now, as a share of an average open hour."""


@dataclass(frozen=True, slots=True)
class AlwaysOpen:
    """Day shift after day shift without a night, so that a demo at midnight is as lively as noon."""

    workday_seconds: float = 10 * HOUR

    @property
    def day_seconds(self) -> float:
        """Return a day of this shop, which has no night."""
        return self.workday_seconds

    def seconds_until_open(self, _at: float, /) -> float:
        """Return 0: it is open."""
        return 0.0

    def find_pause(self, at: float, rota: Rota) -> tuple[float, float]:
        """Return the pause of this working day that is not over or, when all are, the next day's first."""
        midnight = at // self.workday_seconds * self.workday_seconds
        for start, end in rota.pauses:
            if at < midnight + end:
                return midnight + start, midnight + end
        start, end = rota.pauses[0]
        return midnight + self.workday_seconds + start, midnight + self.workday_seconds + end

    def add_open_seconds(self, at: float, seconds: float) -> float:
        """Add, since every second is an open one."""
        return at + seconds

    def weigh_demand(self, _at: float, *, walks_in: bool) -> float:  # noqa: ARG002  # alike at any hour
        """Return 1 at any time."""
        return 1.0


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours of a calendar: the same hours on every day that is not closed.

    Weights are shares of an average open hour, beginning with the hour of opening. Appointments
    fill the morning, for cars are wanted back the same day; walk-ins come at lunch and after
    work, and at the weekend.
    """

    opens: float = 8 * HOUR
    closes: float = 18 * HOUR
    appointment_hours: tuple[float, ...] = (1.9, 1.75, 1.3, 0.9, 0.5, 0.8, 1.1, 0.9, 0.6, 0.25)
    walk_in_hours: tuple[float, ...] = (1.0, 1.1, 1.05, 1.0, 1.0, 1.05, 1.0, 1.05, 1.0, 0.75)
    appointment_weekdays: tuple[float, ...] = (1.1, 1.0, 0.95, 1.0, 1.05, 1.1, 0.8)
    walk_in_weekdays: tuple[float, ...] = (0.95, 0.85, 0.85, 0.9, 1.0, 1.35, 1.1)
    first_weekday: int = 0
    """The weekday of day 0; Monday is 0."""
    closed_days: frozenset[int] = frozenset()
    busy_days: frozenset[int] = frozenset()
    """The days before a holiday, when people want their cars ready for the road."""
    busy_factor: float = 1.2

    @property
    def workday_seconds(self) -> float:
        """Return how long the shop is open."""
        return self.closes - self.opens

    @property
    def day_seconds(self) -> float:
        """Return a day."""
        return DAY

    def seconds_until_open(self, at: float) -> float:
        """Say how long until the doors open; 0 while they are."""
        day, second = divmod(at, DAY)
        if second < self.closes and self._opens_on(int(day)):
            return max(0.0, self.opens - second)
        return self._find_opening(int(day) + 1) - at

    def find_pause(self, at: float, rota: Rota) -> tuple[float, float]:
        """Return the pause around `at`, or the next: the rota's, the night, a day off, a holiday."""
        day, second = divmod(at, DAY)
        midnight = day * DAY
        if not self._works_on(int(day), rota):
            return at, self._find_opening(int(day) + 1, rota)
        if second < self.opens:
            return at, midnight + self.opens
        for start, end in rota.pauses:
            if second < self.opens + end:
                return midnight + self.opens + start, midnight + self.opens + end
        return max(at, midnight + self.closes), self._find_opening(int(day) + 1, rota)

    def add_open_seconds(self, at: float, seconds: float) -> float:
        """Walk over the nights until the shop has been open for so long."""
        at += self.seconds_until_open(at)
        left_today = self.closes - at % DAY
        while seconds > left_today:
            seconds -= left_today
            at += left_today
            at += self.seconds_until_open(at)
            left_today = self.closes - at % DAY
        return at + seconds

    def weigh_demand(self, at: float, *, walks_in: bool) -> float:
        """Weigh the hour by the weekday; 0 while the shop is shut."""
        if self.seconds_until_open(at) > 0:
            return 0.0
        hours = self.walk_in_hours if walks_in else self.appointment_hours
        weekdays = self.walk_in_weekdays if walks_in else self.appointment_weekdays
        day, second = divmod(at, DAY)
        hour = min(math.floor((second - self.opens) / HOUR), len(hours) - 1)
        busy = self.busy_factor if day in self.busy_days else 1.0
        return hours[hour] * weekdays[self._weekday(int(day))] * busy

    def _weekday(self, day: int) -> int:
        return (day + self.first_weekday) % 7

    def _opens_on(self, day: int) -> bool:
        weekday = self._weekday(day)
        demand = self.appointment_weekdays[weekday] + self.walk_in_weekdays[weekday]
        return demand > 0 and day not in self.closed_days

    def _works_on(self, day: int, rota: Rota) -> bool:
        return self._opens_on(day) and self._weekday(day) != rota.day_off

    def _find_opening(self, day: int, rota: Rota | None = None) -> float:
        """Return when the shop opens on that day or the first after it on which somebody works."""
        while not (self._works_on(day, rota) if rota else self._opens_on(day)):
            day += 1
        return day * DAY + self.opens
