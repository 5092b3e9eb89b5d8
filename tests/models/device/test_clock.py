"""The laws of a device's clock, as measured from what it says live."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.device.clock import NOISE_SECONDS, Clock, hear, resume_clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOURS = 3600.0
ZONE = 8 * HOURS

# Whole seconds that no network could explain, ahead and behind, up to a wrong zone.
offsets = st.integers(3, 50_000) | st.integers(-50_000, -3)
latencies = st.lists(st.floats(0, 0.9), min_size=3, max_size=12)
pauses = st.integers(10, 7200)
ages = st.lists(st.floats(30, 20 * HOURS), min_size=1, max_size=90)


def say(clock: Clock, received: float, lag: float, *, announced: bool = False) -> Clock:
    """Hear a message `received` seconds after noon, from a clock that made it look `lag` seconds old."""
    received_at = NOON + timedelta(seconds=received)
    return hear(clock, received_at - timedelta(seconds=lag), received_at, announced=announced)


def say_live(clock: Clock, start: float, lag: float, count: int = 3) -> Clock:
    for n in range(count):
        clock = say(clock, start + 60 * n, lag)
    return clock


def send_buffer(clock: Clock, start: float, lags: Iterable[float]) -> Clock:
    """Send what was kept, the oldest first, a tenth of a second apart."""
    for n, lag in enumerate(sorted(lags, reverse=True)):
        clock = say(clock, start + n / 10, lag)
    return clock


@given(offsets, latencies, pauses)
def test_a_steady_clock_is_known_from_its_second_live_message_to_within_noise(
    offset: int, latencies: list[float], pause: int
) -> None:
    clock = Clock()
    for n, latency in enumerate(latencies):
        clock = say(clock, n * pause, offset + latency)
        if n:
            assert clock.offset_seconds is not None
            assert abs(clock.offset_seconds - offset) <= NOISE_SECONDS


@given(latencies, pauses)
def test_a_clock_that_is_right_is_known_from_its_first_message_and_never_corrected(
    latencies: list[float], pause: int
) -> None:
    clock = Clock()
    for n, latency in enumerate(latencies):
        clock = say(clock, n * pause, latency)
        assert clock.offset_seconds == 0
        assert clock.correction == timedelta()


@given(
    st.just(0) | st.integers(3, 50_000), st.lists(st.floats(30, 20 * HOURS), min_size=1, max_size=90), pauses
)
def test_a_buffer_sent_after_hours_offline_moves_no_offset(
    offset: int, ages: list[float], pause: int
) -> None:
    known = say_live(Clock(), 0, offset)
    clock = send_buffer(known, 24 * HOURS, (offset + age for age in ages))
    assert clock.offset_seconds == known.offset_seconds == offset
    for n in range(3):
        clock = say(clock, 24 * HOURS + 60 + n * pause, offset)
        assert clock.offset_seconds == offset


@given(offsets, offsets)
def test_a_step_is_followed_within_three_live_messages(before: int, after: int) -> None:
    clock = say_live(say_live(Clock(), 0, before), 600, after)
    assert clock.offset_seconds is not None
    assert abs(clock.offset_seconds - after) <= NOISE_SECONDS


@given(st.just(0) | offsets, st.integers(-200_000, 200_000).filter(lambda lag: abs(lag) > NOISE_SECONDS))
def test_one_message_that_does_not_fit_moves_nothing(offset: int, outlier: int) -> None:
    clock = say_live(Clock(), 0, offset)
    clock = say(clock, 1000, outlier)
    assert clock.offset_seconds == offset
    clock = say_live(clock, 1060, offset)
    assert clock.offset_seconds == offset


@given(offsets, offsets)
def test_a_device_that_announces_itself_is_believed_at_once(before: int, after: int) -> None:
    assert say(Clock(), 0, after, announced=True).offset_seconds == after
    clock = say(say_live(Clock(), 0, before), 600, after, announced=True)
    assert clock.offset_seconds is not None
    assert abs(clock.offset_seconds - after) <= NOISE_SECONDS


def test_an_announcement_that_was_kept_too_long_is_corrected_by_the_next_two_live_messages() -> None:
    clock = say(say_live(Clock(), 0, ZONE), 600, ZONE + 900, announced=True)
    assert clock.offset_seconds == ZONE + 900
    assert say_live(clock, 660, ZONE, count=2).offset_seconds == ZONE


@pytest.mark.parametrize("wrong", [ZONE, -ZONE])
def test_a_clock_that_is_put_right_is_believed_at_once(wrong: float) -> None:
    clock = say_live(Clock(), 0, wrong)
    assert clock.offset_seconds == wrong
    assert say(clock, 600, 0.2).offset_seconds == 0


def test_growing_delay_of_the_network_is_not_taken_for_a_clock() -> None:
    clock = say(Clock(), 0, 0.1)
    for n in range(1, 100):
        clock = say(clock, 20 * n, 5 * n)
    assert clock.offset_seconds == 0


def test_small_changes_do_not_shake_the_offset_so_times_keep_their_order() -> None:
    clock = say_live(Clock(), 0, 90)
    for n, lag in enumerate([90.9, 89.2, 91.4, 88.9]):
        clock = say(clock, 600 + 60 * n, lag)
        assert clock.offset_seconds == 90
    assert say_live(clock, 2000, 95).offset_seconds == 95


def test_a_correction_is_whole_milliseconds_and_turns_the_devices_time_into_ours() -> None:
    clock = say(Clock(), 0, 12.34567, announced=True)
    assert clock.correction == timedelta(seconds=12, milliseconds=346)
    assert Clock().correction == timedelta()


def test_a_stored_clock_goes_on_where_it_was() -> None:
    stored = say_live(Clock(), 0, ZONE)
    resumed = resume_clock(stored.offset_seconds, stored.measured_at)
    assert resumed.correction == stored.correction
    assert say(resumed, 1000, ZONE + HOURS).offset_seconds == ZONE
    assert say_live(resumed, 1000, -ZONE).offset_seconds == -ZONE
    assert resume_clock(None, None) == Clock()
