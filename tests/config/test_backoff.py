"""What failed is tried again ever later, for ever."""

from hypothesis import given
from hypothesis import strategies as st

from config.kit.backoff import back_off

# Two failures in a row a second would take thirty years.
EVER = st.integers(1, 10**9)


@given(EVER, EVER)
def test_however_often_something_failed_it_waits_ever_longer_up_to_a_limit(one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert 0.2 <= back_off(fewer, 0.2, 15.0) <= back_off(more, 0.2, 15.0) <= 15.0


def test_the_first_wait_is_short_and_the_next_twice_as_long() -> None:
    assert [back_off(failures, 0.4, 3.0) for failures in (1, 2, 3, 4, 5)] == [0.4, 0.8, 1.6, 3.0, 3.0]
