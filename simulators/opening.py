"""When the shop is open and its people are there, in simulated seconds.

Owns opening hours, lunch breaks and how demand is spread over hours and weekdays. Second 0
is the beginning of a Monday. Knows no date, zone or clock: those come with the pace.
"""

import math
from dataclasses import dataclass
from typing import Protocol

HOUR = 3600.0
DAY = 24 * HOUR
LUNCH_SECONDS = 0.75 * HOUR
# Lunch is staggered over these seconds of the working day, so that the shop never stands still.
LUNCH_FIRST, LUNCH_LAST = 2.75 * HOUR, 5.25 * HOUR


class Hours(Protocol):
    """What the shop must know of time; `lunch_seconds` counts from the start of the working day."""

    def seconds_until_open(self, at: float, /) -> float:
        """Say how long until the shop is open; 0 while it is."""

    def find_pause(self, at: float, lunch_seconds: float, /) -> tuple[float, float]:
        """Return start and end of the pause somebody is in, or else has next."""

    def add_open_seconds(self, at: float, seconds: float, /) -> float:
        """Return the moment by which the shop has been open for so long."""

    def weigh_demand(self, at: float, /) -> float:
        """Say how many cars come now, as a share of an average open hour."""


@dataclass(frozen=True, slots=True)
class AlwaysOpen:
    """Day shift after day shift without a night, so that a demo at midnight is as lively as noon."""

    workday_seconds: float = 10 * HOUR

    def seconds_until_open(self, _at: float, /) -> float:
        """Return 0: it is open."""
        return 0.0

    def find_pause(self, at: float, lunch_seconds: float) -> tuple[float, float]:
        """Return the lunch of this working day or, when that is over, of the next."""
        start = at // self.workday_seconds * self.workday_seconds + lunch_seconds
        if at >= start + LUNCH_SECONDS:
            start += self.workday_seconds
        return start, start + LUNCH_SECONDS

    def add_open_seconds(self, at: float, seconds: float) -> float:
        """Add, since every second is an open one."""
        return at + seconds

    def weigh_demand(self, _at: float, /) -> float:
        """Return 1 at any time."""
        return 1.0


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours of a week: the same hours on every weekday that has demand.

    The hourly weights are a car dealer's: most cars come before ten, few after four. Each is
    the share of an average open hour, beginning with the hour of opening.
    """

    opens: float = 8 * HOUR
    closes: float = 18 * HOUR
    hour_demand: tuple[float, ...] = (1.55, 1.5, 1.2, 0.95, 0.7, 0.9, 1.05, 0.95, 0.75, 0.45)
    weekday_demand: tuple[float, ...] = (1.05, 0.95, 0.9, 0.95, 1.0, 1.2, 0.95)

    def seconds_until_open(self, at: float) -> float:
        """Say how long until the doors open; 0 while they are."""
        second = at % DAY
        if self._opens_on(at) and second < self.closes:
            return max(0.0, self.opens - second)
        days = 1
        while not self._opens_on(at + days * DAY):
            days += 1
        return days * DAY + self.opens - second

    def find_pause(self, at: float, lunch_seconds: float) -> tuple[float, float]:
        """Return the pause around `at`, or the next: lunch, the night, the weekend."""
        shut_for = self.seconds_until_open(at)
        if shut_for > 0:
            return at, at + shut_for
        midnight = at - at % DAY
        lunch = midnight + self.opens + lunch_seconds
        if at < lunch + LUNCH_SECONDS:
            return lunch, lunch + LUNCH_SECONDS
        closing = midnight + self.closes
        return closing, closing + self.seconds_until_open(closing)

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

    def weigh_demand(self, at: float) -> float:
        """Weigh the hour by the weekday; 0 while the shop is shut."""
        if self.seconds_until_open(at) > 0:
            return 0.0
        hour = math.floor((at % DAY - self.opens) / HOUR)
        return self.hour_demand[min(hour, len(self.hour_demand) - 1)] * self.weekday_demand[self._weekday(at)]

    def _weekday(self, at: float) -> int:
        return math.floor(at / DAY) % 7

    def _opens_on(self, at: float) -> bool:
        return self.weekday_demand[self._weekday(at)] > 0
