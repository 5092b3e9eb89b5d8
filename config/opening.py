"""When a site is open: its weekly hours, the public holidays it keeps and single days it is closed.

Owns the shape of `[[site.opening]]` and all reckoning in opening hours, in the site's own zone and
through daylight saving. A site that names no hours never closes. Refuses to read a clock.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from holidays import country_holidays, list_supported_countries
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A working day that the government exchanges for a weekend is no holiday to a dealer.
_EXCHANGED = "Day off"
# A site whose hours and holidays leave no open day in this long is taken as one that never opens.
_LOOK_DAYS = 400

Span = tuple[datetime, datetime]


def _known_country(code: str) -> str:
    if code not in list_supported_countries():
        raise ValueError(f"{code!r} is not a country whose holidays are known, such as CN")
    return code


Country = Annotated[str, AfterValidator(_known_country)]


class Opening(BaseModel):
    """From when to when a site is open on some weekdays; two entries may share a day, as around lunch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], Field(min_length=1)]
    opens: time
    closes: time

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(f"closes at {self.closes:%H:%M}, which is not after {self.opens:%H:%M}")
        return self


class OpeningHours:
    """The opening hours of one site; every instant is aware, every day is the site's own."""

    def __init__(
        self,
        openings: Sequence[Opening],
        zone: ZoneInfo,
        holidays: str | None = None,
        closed_on: Sequence[date] = (),
    ) -> None:
        self._openings = openings
        self._zone = zone
        self._holidays = holidays
        self._closed_on = frozenset(closed_on)

    @property
    def never_closes(self) -> bool:
        """Say whether the site names no hours at all."""
        return not self._openings

    def spans_on(self, day: date) -> list[Span]:
        """Return from when to when the site is open on a day, in order; all of it where it never closes."""
        if self.never_closes:
            return [(self._at(day, time()), self._at(day + timedelta(days=1), time()))]
        if day in self._closed_on or (self._holidays and _is_holiday(self._holidays, day)):
            return []
        hours = (each for each in self._openings if _DAYS[day.weekday()] in each.days)
        return sorted((self._at(day, each.opens), self._at(day, each.closes)) for each in hours)

    def spans_between(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield the open spans within an interval, cut to it."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        day = start.astimezone(self._zone).date()
        last = end.astimezone(self._zone).date()
        while day <= last:
            for opens, closes in self.spans_on(day):
                if opens < end and closes > start:
                    yield max(opens, start), min(closes, end)
            day += timedelta(days=1)

    def is_open(self, moment: datetime) -> bool:
        """Say whether the site is open at an instant."""
        day = moment.astimezone(self._zone).date()
        return any(opens <= moment < closes for opens, closes in self.spans_on(day))

    def open_seconds(self, start: datetime, end: datetime) -> float:
        """Return how long the site is open within an interval."""
        return sum((closes - opens).total_seconds() for opens, closes in self.spans_between(start, end))

    def next_opening(self, moment: datetime) -> datetime | None:
        """Return the instant itself while the site is open, else the next opening; None if there is none."""
        if self.is_open(moment):
            return moment
        horizon = moment + timedelta(days=_LOOK_DAYS)
        return next((opens for opens, _ in self.spans_between(moment, horizon)), None)

    def closing_as_of(self, moment: datetime) -> datetime | None:
        """Return when the hours that last at an instant end, else when the last ones did; None if never."""
        today = moment.astimezone(self._zone).date()
        for days in range(0 if self.never_closes else _LOOK_DAYS):
            spans = self.spans_on(today - timedelta(days=days))
            if begun := [closes for opens, closes in spans if opens <= moment]:
                return max(begun)
        return None

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self._zone).astimezone(UTC)


def _is_holiday(country: str, day: date) -> bool:
    return day in _holidays_of(country, day.year)


@cache
def _holidays_of(country: str, year: int) -> frozenset[date]:
    named = country_holidays(country, years=year, language="en_US")
    return frozenset(day for day, name in named.items() if _EXCHANGED not in name)
