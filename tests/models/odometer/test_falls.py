"""Odometers that fall: what a history decides, however small the fall and however long it goes on below."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from models.domain.odometer.reading import Reading, judge_readings

NEW = datetime(2026, 1, 1, tzinfo=UTC)

Said = Sequence[tuple[float, float]]
"""Days since a day, and kilometres."""


def _refuse(said: Said, in_service_on: date | None = None) -> set[float]:
    """Return the mileages that are refused."""
    readings = [Reading(NEW + timedelta(days=day), km, "gateway", f"{day}") for day, km in said]
    judged = zip(said, judge_readings(readings, (), in_service_on), strict=True)
    return {km for (_, km), verdict in judged if not verdict.trusted}


def _drive(first: int, days: int, km: float, km_per_day: float, every: int = 4) -> list[tuple[float, float]]:
    return [(day, km + km_per_day * (day - first)) for day in range(first, days, every)]


def _values(said: Said) -> set[float]:
    return {km for _, km in said}


def test_a_new_car_that_is_set_back_by_less_than_500_km_stays_refused() -> None:
    right = [*_drive(0, 30, 17, 30), (33, 1007.0), (39, 1187.0)]
    lower = _drive(45, 400, 778, 17)
    assert right[-1][1] - lower[0][1] < 500
    assert _refuse([*right, *lower]) == _values(lower)


def test_more_than_three_values_of_a_history_yield_to_no_fall_that_looks_like_slower_driving() -> None:
    right = [(0, 17.0), (12, 491.0), (14, 554.0), (39, 1560.0), (46, 1834.0), (49, 1918.0), (55, 2164.0)]
    miles = _drive(63, 420, 1536, 24.3)
    assert _refuse([*right, *miles]) == _values(miles)


def test_the_usual_rate_of_a_long_lower_run_makes_no_line_of_a_fall() -> None:
    right = [(day, km / 1.0) for day, km in zip(range(0, 44, 4), range(100, 6700, 600), strict=True)]
    lower = _drive(48, 460, right[-3][1] + 60, 20)
    assert _refuse([*right, *lower]) == _values(lower)


def test_the_first_day_of_service_stands_for_a_reading_of_a_new_car() -> None:
    right = [(4, 141.0), (7, 200.0), (10, 304.0), (21, 600.0)]
    nothing = [(day, 0.0) for day in range(23, 60, 6)]
    new_cluster = _drive(67, 300, 24, 30)
    assert _refuse([*right, *nothing, *new_cluster], NEW.date()) == {0.0, *_values(new_cluster)}


def test_a_first_day_that_is_long_ago_is_no_reading() -> None:
    wrong = [(n, 141.0 + 30 * n) for n in range(0, 16, 5)]
    right = _drive(20, 300, 24_000, 30)
    assert _refuse([*wrong, *right], date(2024, 1, 1)) == _values(wrong)


LOWER = [(100.0 + 30 * n, 1_000.0 + 1_410.0 * n) for n in range(6)]


@pytest.mark.parametrize("factor", [10, 1.609344])
def test_what_goes_on_from_refused_readings_with_a_slip_is_refused_with_them(factor: float) -> None:
    history = _drive(0, 80, 8_000, 60)
    slipped = (280.0, (LOWER[-1][1] + 1_410.0) * factor)
    assert _refuse([*history, *LOWER, slipped]) == {*_values(LOWER), slipped[1]}


def test_what_goes_on_from_a_refused_reading_is_refused_above_the_last_believed_one_too() -> None:
    history = _drive(0, 24, 12, 26)
    climbing = [(175, 6.0), (176, 37.0), (193, 512.0 + 200), *_drive(194, 500, 740, 26)]
    assert _refuse([*history, *climbing]) == _values(climbing)


def test_two_values_that_suit_the_age_of_a_car_have_no_digit_too_many() -> None:
    right = [(0, 20_970.0), (118, 25_778.0)]
    rolled = [(400, 17_245.0), (464, 18_445.0), (531, 19_722.0)]
    assert _refuse([*right, *rolled], date(2024, 8, 1)) == _values(rolled)
    assert _refuse([*right, *rolled], date(2025, 12, 1)) == _values(right)


def test_one_value_too_high_by_less_than_500_km_costs_no_other() -> None:
    right = [*_drive(0, 40, 5_000, 50), *_drive(60, 100, 7_060, 45)]
    high = (50.0, 7_540.0)
    assert _refuse([*right, high]) == {high[1]}
