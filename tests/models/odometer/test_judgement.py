"""The judgement of odometer readings: laws over any readings, each kind of fault, and its rates."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayboard.bench.odometer.refusals import measure_refusals
from bayboard.bench.reminders import measure_projections
from models.domain.odometer.limits import TOLERANCE_KM, Doubt
from models.domain.odometer.reading import Correction, Reading, judge_readings
from models.domain.service.mileage import Mark, find_km, reckon_rate
from tests.rig.patience import rounds

START = datetime(2026, 1, 1, tzinfo=UTC)


def _read(day: float, km: float, device: str = "gateway", received: float | None = None) -> Reading:
    at = START + timedelta(days=day)
    arrived = START + timedelta(days=day if received is None else received)
    return Reading(at, km, device, f"{day}", arrived)


def _drive(days: int, km: float = 40_000, km_per_day: float = 40.0, first: int = 0) -> list[Reading]:
    return [_read(day, km + km_per_day * day) for day in range(first, days, 4)]


def _doubts(readings: list[Reading], *corrections: Correction) -> dict[float, str]:
    verdicts = judge_readings(readings, corrections)
    return {
        reading.km: verdict.reason.split(":")[0]
        for reading, verdict in zip(readings, verdicts, strict=True)
        if verdict.reason
    }


READINGS = st.lists(
    st.builds(
        _read,
        st.floats(0, 900, allow_nan=False),
        st.one_of(st.floats(0, 400_000), st.floats(39_000, 80_000)),
        st.sampled_from(["gateway", "diag-1"]),
    ),
    max_size=25,
)
CORRECTIONS = st.lists(
    st.builds(
        lambda day, km, shown: Correction(START + timedelta(days=day), km, shown),
        st.floats(0, 900),
        st.floats(0, 300_000),
        st.floats(0, 300_000),
    ),
    max_size=2,
    unique_by=lambda correction: correction.at,
)


@given(READINGS, CORRECTIONS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_verdict(
    readings: list[Reading], corrections: list[Correction], chance: Random
) -> None:
    shuffled = list(range(len(readings)))
    chance.shuffle(shuffled)
    straight = judge_readings(readings, corrections)
    assert judge_readings([readings[i] for i in shuffled], corrections[::-1]) == [
        straight[i] for i in shuffled
    ]


@given(READINGS, CORRECTIONS)
def test_trusted_mileage_never_falls_between_corrections(
    readings: list[Reading], corrections: list[Correction]
) -> None:
    marks = sorted(correction.at for correction in corrections)
    highest: dict[int, float] = {}
    judged = zip(readings, judge_readings(readings, corrections), strict=True)
    for reading, verdict in sorted(judged, key=lambda pair: (pair[0].at, pair[0].km)):
        stretch = sum(at <= reading.at for at in marks)
        if verdict.km is not None:
            assert verdict.km >= highest.get(stretch, 0.0) - TOLERANCE_KM
            highest[stretch] = max(verdict.km, highest.get(stretch, 0.0))


@given(READINGS)
def test_each_reading_is_either_trusted_or_has_a_reason(readings: list[Reading]) -> None:
    for verdict in judge_readings(readings):
        assert (verdict.km is None) == (verdict.reason is not None)


@given(st.floats(1, 300), st.integers(2, 60), st.integers(0, 300_000))
def test_an_honest_odometer_is_trusted_whatever_is_driven(km_per_day: float, apart: int, km: int) -> None:
    readings = [_read(n * apart, km + km_per_day * n * apart) for n in range(12)]
    assert _doubts(readings) == {}


@pytest.mark.parametrize(
    ("wrong", "doubt"),
    [
        (_read(41, 416_407), Doubt.DIGIT_MANY),
        (_read(41, 4_164), Doubt.DIGIT_FEW),
        (_read(41, 41_640_000), Doubt.RANGE),
        (_read(41, 25_873), Doubt.MILES),
        (_read(41, 67_013), Doubt.NO_MILES),
        (_read(41, 41.64), Doubt.NO_METRES),
        (_read(41, 38_000), Doubt.BACKWARDS),
        (_read(40.5, 41_200, "diag-1"), Doubt.DISAGREES),
        (_read(41, 60_000), Doubt.JUMP),
        (_read(41, 41_640, received=40.9), Doubt.FUTURE),
    ],
)
def test_a_wrong_reading_is_refused_with_its_reason_and_no_other_is(wrong: Reading, doubt: Doubt) -> None:
    assert _doubts([*_drive(80), wrong]) == {wrong.km: doubt}


def test_metres_without_a_word_of_it_are_recognised() -> None:
    wrong = _read(41, 1_840_000)
    assert _doubts([*_drive(80, km=200), wrong]) == {1_840_000: Doubt.METRES}


@pytest.mark.parametrize("share", [0.9, 0.5])
def test_after_a_rollback_nothing_is_trusted_also_when_it_climbs_past_the_truth(share: float) -> None:
    rolled = [_read(day, (40_000 + 40 * 100) * share + 40 * (day - 100)) for day in range(100, 900, 4)]
    assert set(_doubts([*_drive(100), *rolled])) == {reading.km for reading in rolled}


def test_a_cluster_swap_is_refused_until_somebody_says_what_was_driven() -> None:
    swapped = [_read(day, 40.0 * (day - 60)) for day in range(60, 120, 4)]
    readings = [*_drive(60), *swapped]
    assert len(_doubts(readings)) == len(swapped)
    correction = Correction(START + timedelta(days=60), km=42_400, shown_km=0)
    assert judge_readings(readings, [correction])[-1].km == pytest.approx(42_400 + swapped[-1].km)
    assert _doubts(readings, correction) == {}


def test_a_late_reading_takes_the_trust_of_one_that_seemed_right() -> None:
    jump = _read(30, 60_000)
    assert _doubts([_read(0, 45_000), jump]) == {}
    assert set(_doubts([_read(0, 45_000), jump, _read(31, 46_000), _read(32, 46_040)])) == {60_000}


def test_a_first_reading_with_a_digit_too_many_does_not_spoil_those_after_it() -> None:
    assert _doubts([_read(0, 400_003), *_drive(40, first=4)]) == {400_003: Doubt.DIGIT_MANY}


def test_of_two_devices_the_one_that_goes_on_is_trusted() -> None:
    low = [_read(day + 1, 38_000 + 40.0 * day, "cheap") for day in range(20, 60, 8)]
    assert set(_doubts([*_drive(60), *low])) == {reading.km for reading in low}


def test_faults_of_the_simulator_are_refused_and_good_readings_are_not() -> None:
    measured = measure_refusals(250)
    assert measured.wrong.total > 200
    assert measured.read.refused >= 0.99 * measured.read.total
    assert measured.contradicted.refused >= 0.99 * measured.contradicted.total
    assert measured.unread.total > 0, "cars that were wrong at their first reading are counted, too"
    assert measured.good.refused <= 0.001 * measured.good.total


def test_crossings_are_foreseen_within_a_week() -> None:
    measured = measure_projections(60)
    for errors in (measured.connected, measured.others):
        assert sum(abs(error) <= 7 for error in errors) >= 0.8 * len(errors)


@settings(max_examples=rounds(30, proof=900))
@given(st.floats(5, 300), st.lists(st.integers(0, 88), min_size=12, max_size=40, unique=True))
def test_the_rate_is_the_slope_of_a_steady_drive(km_per_day: float, days: list[int]) -> None:
    days = [*range(0, 90, 30), *days]
    marks = [Mark(START + timedelta(days=day), km_per_day * day) for day in sorted(set(days))]
    rate = reckon_rate(marks, None, 38.0)
    assert rate.source == "readings"
    assert rate.km_per_day == pytest.approx(km_per_day)
    assert rate.low < rate.km_per_day < rate.high


def test_one_holiday_does_not_move_the_rate() -> None:
    km = 0.0
    marks = []
    for day in range(90):
        km += 900.0 if 40 <= day < 43 else 30.0
        marks.append(Mark(START + timedelta(days=day), km))
    assert reckon_rate(marks, None, 38.0).km_per_day == pytest.approx(30.0, rel=0.1)


def test_before_there_are_readings_enough_a_lifetime_says_more_than_the_model() -> None:
    marks = [Mark(START, 30_000.0)]
    assert reckon_rate([], None, 38.0).source == "model"
    lifetime = reckon_rate(marks, date(2025, 1, 1), 38.0)
    assert (lifetime.source, round(lifetime.km_per_day)) == ("lifetime", round(30_000 / 365))


def test_mileage_between_and_beyond_readings_is_reckoned() -> None:
    marks = [Mark(START, 1_000.0), Mark(START + timedelta(days=10), 1_500.0)]
    rate = reckon_rate(marks, None, 40.0)
    assert find_km(marks, START + timedelta(days=4), rate) == pytest.approx(1_200)
    assert find_km(marks, START + timedelta(days=20), rate) == pytest.approx(1_500 + 10 * rate.km_per_day)
    assert find_km([], START, rate) is None
