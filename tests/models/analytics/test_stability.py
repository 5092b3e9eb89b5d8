"""XmR charts on the logarithm: limits by the book, signals where something changed, none in noise."""

from math import exp, log
from random import Random

import pytest

from models.analytics.stability import Signal, chart_durations


def test_limits_are_the_mean_and_2_66_moving_ranges_of_the_logarithms() -> None:
    seconds = [exp(value) for value in (5.0, 5.2, 5.0, 5.2, 5.0, 5.2, 5.0, 5.2)]
    chart = chart_durations(seconds)
    assert chart
    assert log(chart.centre_seconds) == pytest.approx(5.1)
    assert log(chart.upper_seconds) == pytest.approx(5.1 + 2.66 * 0.2)
    assert log(chart.lower_seconds) == pytest.approx(5.1 - 2.66 * 0.2)
    assert chart.is_stable


def test_one_job_that_takes_six_times_as_long_is_a_signal() -> None:
    chance = Random(1)
    seconds = [3600 * chance.lognormvariate(0, 0.28) for _ in range(60)]
    seconds[40] = 6 * 3600
    chart = chart_durations(seconds)
    assert chart
    assert chart.signals[40] is Signal.ABOVE
    assert [n for n, signal in enumerate(chart.signals) if signal in {Signal.ABOVE, Signal.BELOW}] == [40]


def test_skewed_noise_alone_gives_hardly_any_signal() -> None:
    chance = Random(2)
    chart = chart_durations([3600 * chance.lognormvariate(0, 0.5) for _ in range(1000)])
    assert chart
    beyond = sum(signal in {Signal.ABOVE, Signal.BELOW} for signal in chart.signals)
    assert beyond <= 10


def test_a_shift_shows_as_a_run_against_the_time_before() -> None:
    chance = Random(3)
    seconds = [3600 * chance.lognormvariate(0, 0.3) for _ in range(40)]
    seconds += [3600 * 1.6 * chance.lognormvariate(0, 0.1) for _ in range(12)]
    chart = chart_durations(seconds, baseline=40)
    assert chart
    assert Signal.RUN in chart.signals[40:]


def test_seven_durations_are_too_few() -> None:
    assert chart_durations([60.0] * 7) is None
