"""Wrong values that workshops really met: which readings are believed, whichever of them came first."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from models.domain.odometer.limits import Doubt
from models.domain.odometer.reading import Correction, Reading, judge_readings

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
OLD_CAR = date(2021, 3, 1)
ROLLOVER_DAYS = 1024 * 7
ALL_ONES = [
    round((2**bits - 1) * scale, 3) for bits in (8, 16, 24, 32) for scale in (1, 0.1, 0.001)
]  # fmt: skip

Said = Sequence[tuple[float, float]]
"""Days from now, and kilometres."""


def _read(said: Said) -> list[Reading]:
    return [
        Reading(NOW + timedelta(days=day), km, "gateway", str(place)) for place, (day, km) in enumerate(said)
    ]


def _refuse(said: Said, *corrections: Correction, in_service_on: date | None = None) -> list[float]:
    """Return the mileages that are refused."""
    judged = judge_readings(_read(said), corrections, in_service_on)
    return [km for (_, km), verdict in zip(said, judged, strict=True) if not verdict.trusted]


def _name(said: Said, in_service_on: date | None = None) -> dict[float, str]:
    judged = zip(said, judge_readings(_read(said), (), in_service_on), strict=True)
    return {
        km: (verdict.reason or "").partition(":")[0] for (_, km), verdict in judged if not verdict.trusted
    }


def _drive(first: int, days: int, km: float = 45_000, km_per_day: float = 40.0) -> list[tuple[float, float]]:
    return [(day, km + km_per_day * day) for day in range(first, days)]


PARKED = [(n / 2, km) for n, km in enumerate([0, 45210, 0, 45230, 0, 45260, 0, 45300])]


@pytest.mark.parametrize("in_service_on", [None, OLD_CAR])
def test_zeros_of_a_parked_car_are_refused_and_the_rest_believed(in_service_on: date | None) -> None:
    assert _name(PARKED, in_service_on) == {0: Doubt.NO_VALUE}
    assert _refuse(PARKED, in_service_on=in_service_on) == [0, 0, 0, 0]


def test_a_tracker_that_always_sends_zero_says_nothing() -> None:
    assert _name([(day, 0) for day in range(4)]) == {0: Doubt.NO_VALUE}


def test_a_reading_dated_1024_weeks_back_costs_no_other() -> None:
    misdated = (-ROLLOVER_DAYS, 45210.34)
    before = [(-2.0, 45100.0), (-1.0, 45150.0)]
    assert _refuse([*before, misdated]) == [45210.34]
    assert _refuse([*before, misdated, (0.1, 45215), (1, 45230), (2, 45260)]) == [45210.34]


def test_a_clock_that_fell_back_to_2023_costs_no_other_reading() -> None:
    in_2023 = (datetime(2023, 6, 1, tzinfo=UTC) - NOW).days
    assert _refuse([(-2, 45190), (-1, 45205), (in_2023, 45210), (0, 45230), (1, 45260)]) == [45210]


def test_a_reading_dated_three_days_too_early_costs_no_other() -> None:
    assert _refuse([(-2, 45190), (-1, 45205), (-3, 45230), (0, 45260)]) == [45230]


def test_a_retained_value_dated_weeks_too_late_yields_to_those_after_it() -> None:
    history, retained = [(-60.0, 43000.0), (-40.0, 43500.0)], (0.0, 44000.0)
    after = [(1 / 24 + day / 100, km) for day, km in enumerate([45210.0, 45215.0, 45220.0])]
    assert _refuse([*history, retained, *after]) == [44000]
    assert _refuse([*history, (-21, 44000), *after]) == []


def test_the_distance_of_a_tracker_yields_to_the_odometer_that_follows() -> None:
    mixed = [(0, 1288.12), (0.5, 1300), (1, 45210), (1.5, 45215), (2, 45220)]
    assert _refuse(mixed) == [1288.12, 1300]


@pytest.mark.parametrize(
    "wrong", [0.0, *ALL_ONES, 1.0, 31.7, 812.5, 99_999.0, 777_777.7, 452_100.0, 28_092.0]
)
@pytest.mark.parametrize("at", [-1.5, 3.5, 9.5])
def test_a_wrong_value_costs_no_right_one_wherever_it_is(wrong: float, at: float) -> None:
    assert _refuse([*_drive(0, 9), (at, wrong)]) == [wrong]


@pytest.mark.parametrize("wrong", [*ALL_ONES, 0.0])
def test_a_value_that_means_none_is_named_so(wrong: float) -> None:
    assert set(_name([*_drive(0, 4), (3.5, wrong), (3.6, wrong)])) == {wrong}
    assert set(_name([(0, wrong), (1, wrong)]).values()) == {Doubt.NO_VALUE}


@pytest.mark.parametrize(
    ("factor", "km"), [(1.609344, 45_000), (1 / 1.609344, 45_000), (0.1, 45_000), (10, 45_000)]
)
def test_a_run_in_another_unit_yields_to_a_longer_one_on_either_side(factor: float, km: float) -> None:
    right = _drive(0, 20, km)
    first = [(day, shown * factor) for day, shown in right[:3]]
    last = [(day, shown * factor) for day, shown in right[-3:]]
    assert _refuse([*first, *right[3:]]) == [shown for _, shown in first]
    assert _refuse([*right[:-3], *last]) == [shown for _, shown in last]


def test_what_was_refused_is_believed_again_when_the_evidence_turns() -> None:
    wrong = [(-3.0, 80_000.0), (-2.0, 80_040.0)]
    assert _refuse([*wrong, *_drive(0, 2)]) == [45_000, 45_040]
    assert _refuse([*wrong, *_drive(0, 8)]) == [80_000, 80_040]


def test_a_value_that_is_said_a_thousand_times_is_one_piece_of_evidence() -> None:
    stuck = [(n / 100, 61_234.0) for n in range(1000)]
    assert set(_refuse([*stuck, *_drive(0, 10)])) == {61_234}


def test_a_device_that_sends_every_minute_outvotes_no_history() -> None:
    counting = [(8 + n / 1440, 3.0 + n) for n in range(1000)]
    assert _refuse([*_drive(0, 12), *counting]) == [km for _, km in counting]


def test_a_new_car_shows_zero_and_one_that_drives_by_255_and_65535_shows_those() -> None:
    assert _refuse([(0, 0), (0.5, 0), (1, 12), (3, 60), (5, 160)], in_service_on=date(2026, 11, 30)) == []
    assert _refuse([(0, 200), (1, 255), (2, 300)]) == []
    assert _refuse([(0, 65_500), (1, 65_535), (2, 65_570)]) == []


def test_a_cluster_that_counts_from_zero_on_an_old_car_is_refused_though_nothing_else_is_known() -> None:
    assert set(_name([(day, 4 + 30 * day) for day in range(0, 60, 5)], OLD_CAR).values()) == {
        Doubt.NEW_CLUSTER
    }


def test_a_first_day_that_is_wrong_yields_to_a_history() -> None:
    assert _refuse(_drive(0, 3), in_service_on=NOW.date()) == [45_000, 45_040, 45_080]
    assert _refuse(_drive(0, 9), in_service_on=NOW.date()) == []


def test_a_rollback_stays_refused_however_long_it_goes_on() -> None:
    rolled = _drive(40, 400, km=30_000)
    assert _refuse([*_drive(0, 40), *rolled]) == [km for _, km in rolled]


def test_a_correction_counts_above_any_run() -> None:
    at = NOW + timedelta(days=40)
    rolled = _drive(41, 400, km=30_000)
    believed = _refuse([*_drive(0, 40), *rolled], Correction(at, km=46_600, shown_km=31_600))
    assert believed == []
    assert set(_refuse(_drive(41, 400), Correction(at, km=90_000, shown_km=90_000))) == {
        km for _, km in _drive(41, 400)
    }


@pytest.mark.parametrize("km", [float("nan"), float("inf"), 3.4028234663852886e38, 1e10, -1.0, 429_496_729.5])
def test_a_number_that_no_odometer_shows_is_refused_alone(km: float) -> None:
    said = [*_drive(0, 4), (2.5, km)]
    refused = [place for place, verdict in enumerate(judge_readings(_read(said))) if not verdict.trusted]
    assert refused == [4]


def test_one_more_right_reading_changes_no_verdict() -> None:
    said = [*PARKED, (-1.0, 99_999.0), (2.2, 452_600.0)]
    before = _refuse(said)
    assert _refuse([*said, (4, 45_320), (5, 45_350)]) == before
