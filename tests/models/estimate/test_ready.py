"""Expected ready times: by targets where there is no history, by the past where there is."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.opening import Opening, OpeningHours
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.estimate.ready import Basis, OpenCar, expect_ready

STAGES = load_workshop(DEFAULT_WORKSHOP_FILE).stages
ALWAYS = OpeningHours([], ZoneInfo("UTC"))
WORKDAY = OpeningHours(
    [Opening(days=["mon", "tue", "wed", "thu", "fri"], opens=time(8), closes=time(18))], ZoneInfo("UTC")
)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday


def _car(stage: str, minutes_ago: float = 0.0, promised_at: datetime | None = None) -> OpenCar:
    return OpenCar("RO-1", "repair", stage, NOON - timedelta(minutes=minutes_ago), promised_at)


def _minutes_to(moment: datetime) -> float:
    return (moment - NOON).total_seconds() / 60


def test_without_history_the_targets_of_what_is_left_add_up() -> None:
    found = expect_ready([_car("repairing", minutes_ago=30)], None, STAGES, ALWAYS, NOON)["RO-1"]
    assert _minutes_to(found.p50_at) == pytest.approx(60 + 20 + 25)
    assert (found.basis, found.risk) == (Basis.TARGETS, None)


def test_a_device_whose_clock_runs_ahead_makes_no_car_later() -> None:
    ahead = expect_ready([_car("repairing", minutes_ago=-4)], None, STAGES, ALWAYS, NOON)
    assert ahead == expect_ready([_car("repairing")], None, STAGES, ALWAYS, NOON)


def test_waits_that_may_come_lie_between_the_two_targets() -> None:
    found = expect_ready([_car("inspecting")], None, STAGES, ALWAYS, NOON)["RO-1"]
    assert _minutes_to(found.p80_at) - _minutes_to(found.p50_at) == pytest.approx(30 + 120)


def test_what_does_not_fit_into_friday_is_ready_on_monday() -> None:
    late = NOON + timedelta(hours=5, minutes=30)
    car = OpenCar("RO-1", "repair", "repairing", late, None)
    found = expect_ready([car], None, STAGES, WORKDAY, late)["RO-1"]
    assert found.p50_at == datetime(2026, 11, 23, 9, 45, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "risk"), [(-1, 1.0), (30, None), (600, 0.0)])
def test_targets_know_the_risk_only_at_its_ends(minutes: float, risk: float | None) -> None:
    car = _car("repairing", promised_at=NOON + timedelta(minutes=minutes))
    assert expect_ready([car], None, STAGES, ALWAYS, NOON)["RO-1"].risk == risk


@pytest.mark.parametrize("stage", ["ready", "delivered", "elsewhere"])
def test_a_car_that_is_ready_gone_or_elsewhere_has_no_estimate(stage: str) -> None:
    assert not expect_ready([_car(stage)], None, STAGES, ALWAYS, NOON)
