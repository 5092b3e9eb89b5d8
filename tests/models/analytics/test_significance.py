"""Slower bays and technicians: found where hidden, nobody blamed for hard jobs or others' slowness."""

from collections.abc import Callable
from random import Random

import pytest

from bayboard.bench.detection import bound_detection, try_seed
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.significance import Comparison, Factor, JobRow, compare, correct_for_many
from simulators.scenario import HIDDEN_SLOW, NORMAL, SCENARIOS

TECHNICIANS = [f"T{n}" for n in range(6)]
BAYS = [f"B{n}" for n in range(4)]


def _work(
    factor: Callable[[str, str], float], choose: Callable[[Random, str], tuple[str, float]] | None = None
) -> list[JobRow]:
    """Make 900 jobs whose time is the flat rate times a factor of technician and bay, and chance."""
    chance = Random(1)
    rows = []
    for n in range(900):
        technician, bay = TECHNICIANS[n % 6], chance.choice(BAYS)
        kind, hours = choose(chance, technician) if choose else chance.choice([("oil", 0.5), ("brakes", 1.5)])
        seconds = hours * 3600 * chance.lognormvariate(0, 0.28) * factor(technician, bay)
        rows.append(JobRow(kind, technician, bay, seconds, hours))
    return rows


def _marked(compared: list[Comparison]) -> list[str]:
    return [one.key for one in compared if one.marked]


def test_a_slow_technician_is_marked_and_comes_first() -> None:
    compared = compare(_work(lambda technician, _: 1.6 if technician == "T3" else 1.0), Factor.TECHNICIAN)
    assert _marked(compared) == ["T3"]
    assert compared[0].key == "T3"
    assert compared[0].ratio == pytest.approx(1.6, rel=0.1)


def test_a_real_but_small_difference_is_not_marked() -> None:
    compared = compare(_work(lambda technician, _: 1.15 if technician == "T3" else 1.0), Factor.TECHNICIAN)
    slowest = compared[0]
    assert (slowest.key, slowest.p_value < 0.05, slowest.marked) == ("T3", True, False)


def test_whoever_gets_the_hard_jobs_is_not_blamed_for_them() -> None:
    def choose(chance: Random, technician: str) -> tuple[str, float]:
        share = 0.9 if technician == "T0" else 0.2
        return ("gearbox", 1.0) if chance.random() < share else ("oil", 1.0)

    rows = _work(lambda *_: 1.0, choose)
    rows = [
        JobRow(r.kind, r.technician, r.bay, r.seconds * (3 if r.kind == "gearbox" else 1), 1.0) for r in rows
    ]
    assert _marked(compare(rows, Factor.TECHNICIAN)) == []


def test_whoever_works_in_the_slow_bay_is_not_blamed_for_it() -> None:
    chance = Random(2)
    rows = []
    for n in range(900):
        technician = TECHNICIANS[n % 6]
        bay = "B0" if (chance.random() < 0.8) == (technician == "T0") else chance.choice(BAYS[1:])
        rows.append(
            JobRow("oil", technician, bay, chance.lognormvariate(8, 0.28) * (1.5 if bay == "B0" else 1), 1)
        )
    assert _marked(compare(rows, Factor.TECHNICIAN)) == []
    assert _marked(compare(rows, Factor.BAY)) == ["B0"]


def test_what_two_do_together_says_nothing_of_one_of_them() -> None:
    rows = [
        JobRow("oil", technician, "B1", 600, 0.5, crew=2) for technician in TECHNICIANS for _ in range(50)
    ]
    assert compare(rows, Factor.TECHNICIAN) == []


def test_few_jobs_are_not_compared() -> None:
    assert compare(_work(lambda *_: 1.0)[:100], Factor.TECHNICIAN) == []


def test_holms_correction_of_its_own_example() -> None:
    assert correct_for_many([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize("seed", [1, 2])
def test_the_hidden_slow_bay_is_found_and_the_hidden_technician_is_the_slowest(seed: int) -> None:
    site = load_workshop(DEFAULT_WORKSHOP_FILE).sites[0]
    trials = {trial.factor: trial for trial in try_seed(site, seed, 40, SCENARIOS[HIDDEN_SLOW])}
    assert trials[Factor.BAY].is_found
    assert trials[Factor.TECHNICIAN].is_slowest
    assert not trials[Factor.BAY].accuses_others


def test_where_nobody_is_slow_nobody_is_accused() -> None:
    site = load_workshop(DEFAULT_WORKSHOP_FILE).sites[0]
    assert not any(trial.accuses_others for trial in try_seed(site, 1, 40, SCENARIOS[NORMAL]))


def test_whoever_is_as_slow_as_colleagues_are_by_nature_cannot_be_found_by_anybody() -> None:
    site = load_workshop(DEFAULT_WORKSHOP_FILE).sites[0]
    sigma = SCENARIOS[NORMAL].technician_sigma
    assert bound_detection(site, 1.3, sigma) < 0.5
    assert bound_detection(site, SCENARIOS[HIDDEN_SLOW].slow_technician_factor, sigma) > 0.95
