"""When a site is open, in its own zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.opening import Opening, OpeningHours
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop

BERLIN = ZoneInfo("Europe/Berlin")
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = [
    Opening(days=["mon", "tue", "wed", "thu", "fri"], opens=time(8), closes=time(12)),
    Opening(days=["mon", "tue", "wed", "thu", "fri"], opens=time(13), closes=time(18)),
    Opening(days=["sun"], opens=time(1), closes=time(5)),
]
HOURS = OpeningHours(WEEK, BERLIN, "DE", [date(2026, 11, 4)])
ANY_TIME = st.integers(0, 330 * 24 * 60).map(lambda minutes: YEAR + timedelta(minutes=minutes))


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), BERLIN)


@pytest.mark.parametrize(
    ("hour", "is_open"), [(7, False), (8, True), (11, True), (12, False), (13, True), (18, False)]
)
def test_a_site_is_open_between_opening_and_closing(hour: int, is_open: bool) -> None:
    assert HOURS.is_open(at(date(2026, 11, 2), hour)) is is_open


@pytest.mark.parametrize("day", [date(2026, 11, 4), date(2026, 12, 25), date(2026, 11, 7)])
def test_single_days_holidays_and_days_without_hours_are_closed(day: date) -> None:
    assert HOURS.spans_on(day) == []


def test_hours_through_the_change_to_winter_time_are_hours_that_passed() -> None:
    assert HOURS.open_seconds(at(date(2026, 10, 25), 0), at(date(2026, 10, 25), 12)) == 5 * 3600


def test_after_friday_evening_the_site_opens_on_sunday() -> None:
    assert HOURS.next_opening(at(date(2026, 11, 6), 19)) == at(date(2026, 11, 8), 1)


def test_a_site_without_hours_never_closes() -> None:
    always = OpeningHours([], BERLIN)
    start = at(date(2026, 10, 25), 0).astimezone(UTC)
    assert always.is_open(start)
    assert always.open_seconds(start, start + timedelta(days=9)) == 9 * 86400


def test_a_site_that_never_opens_has_no_next_opening() -> None:
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(800)]
    assert OpeningHours(WEEK, BERLIN, closed_on=days).next_opening(at(days[0], 9)) is None


@given(first=ANY_TIME, second=ANY_TIME, third=ANY_TIME)
def test_open_time_of_two_halves_is_that_of_the_whole(
    first: datetime, second: datetime, third: datetime
) -> None:
    start, middle, end = sorted((first, second, third))
    halves = HOURS.open_seconds(start, middle) + HOURS.open_seconds(middle, end)
    assert halves == pytest.approx(HOURS.open_seconds(start, end))


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValidationError, match="closes at 08:00, which is not after 18:00"):
        Opening(days=["mon"], opens=time(18), closes=time(8))


def test_the_example_site_is_closed_on_national_day_but_not_on_the_exchanged_weekend() -> None:
    hours = load_workshop(DEFAULT_WORKSHOP_FILE).sites[0].hours
    assert hours.spans_on(date(2026, 10, 1)) == []
    assert len(hours.spans_on(date(2026, 11, 21))) == 1
