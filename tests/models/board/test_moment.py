"""What a wall makes of a moment: alarms, the bottleneck, the counts of the day, and when it sleeps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.board.alarms import Alarm, AlarmKind
from models.analytics.board.moment import Moment, judge_moment
from models.analytics.bottleneck.periods import Kind
from models.domain.board.wall import CarOnBoard, DeviceOnBoard, SiteSnapshot
from models.domain.intervals import IntervalRow
from tests.rig.cars import CAR, TWO

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]


def ago(hours: float = 0, minutes: float = 0) -> datetime:
    return TWO - timedelta(hours=hours, minutes=minutes)


def judge(
    *cars: CarOnBoard,
    stays: tuple[IntervalRow, ...] = (),
    devices: tuple[DeviceOnBoard, ...] = (),
    now: datetime = TWO,
) -> Moment:
    return judge_moment(SiteSnapshot("s1", now, cars, stays, devices), SITE, WORKSHOP)


def waiting(stage: str = "received", minutes: float = 30, **more: object) -> CarOnBoard:
    facts = {
        "stage": stage,
        "bay": None,
        "technician": None,
        "stage_entered_at": ago(minutes=minutes),
        **more,
    }
    return replace(CAR, **facts)  # type: ignore[arg-type]  # fields by name


def stay(stage: str, minutes: float, left: float | None = None, bay: str | None = None) -> IntervalRow:
    left_at = None if left is None else ago(minutes=left)
    return IntervalRow(f"{stage} {minutes}", stage, bay, None, None, ago(minutes=minutes), left_at)


def kinds(moment: Moment) -> list[str]:
    return [alarm.kind for alarm in moment.alarms]


def test_a_car_within_its_target_and_promise_raises_no_alarm() -> None:
    assert judge(replace(CAR, promised_at=TWO + timedelta(hours=6))).alarms == ()


def test_a_stage_over_its_target_is_counted_from_the_end_of_the_target() -> None:
    car = replace(CAR, stage_entered_at=ago(minutes=100))
    closing = TWO + timedelta(hours=4)
    expected = Alarm(AlarmKind.STAGE, "RO-1", ago(minutes=10), car, stops_at=closing)
    assert judge(car).alarms == (expected,)


def test_a_promise_that_is_past_is_an_alarm_until_the_car_is_ready() -> None:
    late = replace(CAR, promised_at=ago(minutes=5))
    assert judge(late).alarms == (Alarm(AlarmKind.PROMISE, "RO-1", ago(minutes=5), late, risk=1.0),)
    assert judge(replace(late, stage="ready", bay=None)).alarms == ()


@pytest.mark.parametrize(("hours", "kind"), [(47, AlarmKind.STAGE), (48, AlarmKind.PARTS)])
def test_two_days_without_parts_are_one_alarm_of_their_own(hours: float, kind: AlarmKind) -> None:
    assert kinds(judge(waiting("awaiting_parts", minutes=hours * 60))) == [kind]
    assert kinds(judge(waiting("repairing", minutes=hours * 60, reason="parts"))) == [kind]


def test_a_bay_that_is_idle_while_a_car_waits_for_it_is_an_alarm() -> None:
    rest = [replace(CAR, work_order=bay.key, bay=bay.key) for bay in SITE.bays[2:9]]
    car = waiting(minutes=14)
    stays = (stay("repairing", 60, 20, bay="B02"), stay("repairing", 60, 5, bay="B01"))
    alarms = judge(car, *rest, stays=stays).alarms
    assert alarms == (Alarm(AlarmKind.BAY, "B02", ago(minutes=14), car),)


def test_no_more_bays_are_idle_than_cars_wait_for_them() -> None:
    first, second = waiting(minutes=14), waiting(minutes=12, work_order="RO-2")
    assert [(alarm.key, alarm.car) for alarm in judge(first, second).alarms] == [
        ("B01", first),
        ("B02", second),
    ]


@pytest.mark.parametrize(
    "car",
    [
        waiting(minutes=9),
        waiting(minutes=14, reason="approval"),
        waiting("awaiting_approval", minutes=14),
    ],
    ids=["just come", "waits for the customer", "of a stage that waits for the customer"],
)
def test_no_bay_is_idle_for_a_car_that_does_not_wait_for_one(car: CarOnBoard) -> None:
    assert judge(car).alarms == ()


def test_no_body_bay_is_idle_for_a_car_that_wants_service() -> None:
    others = [replace(CAR, work_order=bay.key, bay=bay.key) for bay in SITE.bays if "repair" in bay.jobs]
    assert judge(waiting(minutes=14), *others).alarms == ()
    assert [alarm.key for alarm in judge(waiting(minutes=14, job_type="body"), *others).alarms] == ["B10"]


def test_devices_that_went_or_are_silent_are_alarms_while_the_site_is_open() -> None:
    devices = (
        DeviceOnBoard("talks", True, ago(minutes=5)),
        DeviceOnBoard("went", False, ago(minutes=5)),
        DeviceOnBoard("silent", None, ago(hours=4)),
        DeviceOnBoard("quiet since last night", True, ago(hours=5)),
    )
    silent = judge(devices=devices).alarms
    assert [alarm.key for alarm in silent] == ["quiet since last night", "silent", "went"]
    early = TWO - timedelta(hours=5)
    assert judge(devices=(DeviceOnBoard("quiet", True, early - timedelta(hours=12)),), now=early).alarms == ()
    night = TWO + timedelta(hours=6)
    assert kinds(judge(waiting(minutes=14), devices=devices, now=night)) == [AlarmKind.STAGE]


def test_a_device_that_is_switched_off_for_the_night_is_no_alarm_in_the_morning() -> None:
    nine = ago(hours=5)
    devices = (
        DeviceOnBoard("switched off at six", False, nine - timedelta(hours=14, minutes=50)),
        DeviceOnBoard("gone since yesterday's work", False, nine - timedelta(hours=16)),
    )
    assert [alarm.key for alarm in judge(devices=devices, now=nine).alarms] == ["gone since yesterday's work"]
    assert len(judge(devices=devices, now=nine + timedelta(hours=3)).alarms) == 2


def test_alarms_tell_the_gravest_kind_first_and_of_each_the_oldest() -> None:
    found = judge(
        replace(CAR, work_order="a", stage_entered_at=ago(minutes=100)),
        replace(CAR, work_order="b", stage_entered_at=ago(minutes=200)),
        replace(CAR, work_order="c", promised_at=ago(minutes=1)),
    ).alarms
    assert [(alarm.kind, alarm.key) for alarm in found] == [("promise", "c"), ("stage", "b"), ("stage", "a")]


def test_the_stage_that_cars_wait_for_without_a_break_is_the_bottleneck() -> None:
    stays = (
        stay("received", 180, 100),
        stay("received", 101),
        stay("received", 20),
        stay("repairing", 240, bay="B01"),
    )
    found = judge(waiting(), stays=stays).bottleneck
    assert found
    assert (found.kind, found.key, found.waiting) == (Kind.STAGE, "inspecting", 2)
    assert abs((found.since - ago(hours=3)).total_seconds()) < 2


def test_without_a_queue_the_bay_in_use_longest_is_the_bottleneck_since_the_opening_at_most() -> None:
    stays = (stay("repairing", 20 * 60, bay="B02"), stay("repairing", 60, bay="B01"))
    found = judge(CAR, stays=stays).bottleneck
    assert found
    assert (found.kind, found.key, found.waiting) == (Kind.BAY, "B02", 0)
    assert found.since == ago(hours=6)


def test_a_stay_of_months_counts_in_opening_hours_like_any_other() -> None:
    """A car that was forgotten must not make nights count, as they do beyond a clock's horizon."""
    forgotten = stay("repairing", 60 * 24 * 40)
    until_closing, since_opening = (
        stay("repairing", 23 * 60, 20 * 60, bay="B01"),
        stay("repairing", 360, bay="B01"),
    )
    overnight = stay("repairing", 21 * 60, bay="B02")
    found = judge(CAR, stays=(forgotten, until_closing, since_opening, overnight)).bottleneck
    assert found
    assert found.key == "B01"


def test_nothing_is_a_bottleneck_where_nothing_happens_or_the_site_is_closed() -> None:
    assert judge().bottleneck is None
    assert judge(stays=(stay("repairing", 60, bay="B01"),), now=TWO + timedelta(hours=6)).bottleneck is None


def test_the_wall_sleeps_when_the_site_is_closed_and_nothing_has_moved_for_half_an_hour() -> None:
    closing = TWO + timedelta(hours=4)
    moved = (replace(stay("repairing", 0), entered_at=closing, left_at=closing + timedelta(minutes=10)),)
    assert not judge(now=TWO).asleep
    assert judge(now=closing).asleep
    assert not judge(stays=moved, now=closing + timedelta(minutes=39)).asleep
    assert judge(stays=moved, now=closing + timedelta(minutes=40)).asleep


def test_carried_over_is_what_was_here_at_closing_time_and_not_promised_for_later() -> None:
    closed_at = TWO - timedelta(hours=20)
    old = replace(CAR, came_at=closed_at - timedelta(hours=2))
    cars = [
        replace(old, work_order="no promise"),
        replace(old, work_order="promised for then", promised_at=closed_at),
        replace(old, work_order="promised for today", promised_at=TWO + timedelta(hours=1)),
        replace(CAR, work_order="came today"),
    ]
    assert judge(*cars).counts.carried_over == 2


def test_a_site_without_hours_has_carried_over_what_was_here_at_midnight() -> None:
    always = SITE.model_copy(update={"openings": []})
    midnight = datetime(2026, 11, 20, 16, tzinfo=UTC)
    cars = tuple(
        replace(CAR, work_order=str(minutes), came_at=midnight + timedelta(minutes=minutes))
        for minutes in (-1, 0)
    )
    moment = judge_moment(SiteSnapshot("s1", TWO, cars), always, WORKSHOP)
    assert moment.counts.carried_over == 1
    assert not moment.asleep
