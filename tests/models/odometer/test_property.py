"""Up to three wrong readings among eight or more right ones change the verdict of none of these.

`make proof-properties` runs them with a hundred times the histories.
"""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain.odometer.reading import Reading, judge_readings
from tests.rig.odometer_histories import History, histories, misdated, nearer_errors, off_the_line
from tests.rig.patience import rounds

HISTORIES = rounds(200, proof=20_000)


def _refuse(readings: list[Reading]) -> set[Reading]:
    judged = zip(readings, judge_readings(readings), strict=True)
    return {reading for reading, verdict in judged if not verdict.trusted}


def _with_wrong(history: History) -> st.SearchStrategy[tuple[History, list[Reading]]]:
    errors = off_the_line(history)
    if history.days[-1] > 31:
        errors |= misdated(history)
    return st.tuples(st.just(history), errors)


@given(histories() | histories(least_days=45.0))
def test_a_true_history_is_believed(history: History) -> None:
    assert _refuse(history.read()) == set()


@settings(max_examples=HISTORIES)
@given((histories() | histories(least_days=45.0)).flatmap(_with_wrong), st.randoms(use_true_random=False))
def test_up_to_three_wrong_readings_change_the_verdict_of_no_right_one(
    drawn: tuple[History, list[Reading]], chance: Random
) -> None:
    history, wrong = drawn
    readings = history.read() + wrong
    chance.shuffle(readings)
    assert _refuse(readings).isdisjoint(history.read())


@settings(max_examples=HISTORIES)
@given(histories().flatmap(lambda history: st.tuples(st.just(history), nearer_errors(history))))
def test_a_nearer_error_costs_at_most_its_direct_neighbours(drawn: tuple[History, Reading]) -> None:
    history, wrong = drawn
    right = history.read()
    before = [reading for reading in right if reading.at <= wrong.at][-1:]
    after = [reading for reading in right if reading.at > wrong.at][:1]
    assert _refuse([*right, wrong]) <= {*before, *after, wrong}
