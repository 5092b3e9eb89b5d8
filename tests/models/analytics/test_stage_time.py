"""Time against a target runs in opening hours: nothing is late in the morning because a night went by."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from config.opening import Opening, OpeningHours
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Site, load_workshop
from dashboard.figures.board.look import Look
from dashboard.figures.board.wall import draw_wall
from dashboard.figures.kit.memory import Memory
from dashboard.figures.kit.part import Part
from models.analytics.board.alarms import AlarmKind
from models.analytics.board.moment import Moment, judge_moment
from models.analytics.stage_time import StageTime, count_stage_times
from models.domain.board.wall import CarOnBoard, SiteSnapshot
from tests.rig.cars import CAR

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
# Open from eight to six on every day that is no holiday in China; a repair may take 90 minutes.
SITE = WORKSHOP.sites[0]
ALWAYS_OPEN = SITE.model_copy(update={"openings": []})
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FRIDAY = date(2026, 11, 20)


def at(hour: int, minute: int = 0, day: date = FRIDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), SITE.zone).astimezone(UTC)


TOMORROW = FRIDAY + timedelta(days=1)
LEFT_BEHIND = replace(CAR, stage_entered_at=at(17, 30), updated_at=at(17, 30), came_at=None)


def judge(car: CarOnBoard, now: datetime, site: Site = SITE) -> Moment:
    return judge_moment(SiteSnapshot(site.key, now, (car,)), site, WORKSHOP)


def spend(car: CarOnBoard, now: datetime, site: Site = SITE) -> timedelta:
    return judge(car, now, site).times["RO-1"].reckon(now)


def kinds(car: CarOnBoard, now: datetime, site: Site = SITE) -> list[str]:
    return [alarm.kind for alarm in judge(car, now, site).alarms]


def test_a_car_left_in_a_bay_overnight_is_over_its_target_only_when_the_day_has_used_up_the_rest() -> None:
    assert spend(LEFT_BEHIND, at(8, 0, TOMORROW)) == 30 * MINUTE
    assert kinds(LEFT_BEHIND, at(8, 59, TOMORROW)) == []
    (alarm,) = judge(LEFT_BEHIND, at(9, 5, TOMORROW)).alarms
    assert alarm.kind is AlarmKind.STAGE
    assert alarm.since == at(9, 0, TOMORROW)


def test_days_on_which_the_site_is_closed_do_not_count_either() -> None:
    eve = date(2026, 9, 30)
    car = replace(LEFT_BEHIND, stage_entered_at=at(17, 30, eve))
    opening = SITE.hours.next_opening(at(18, 0, eve))
    assert opening is not None
    assert opening - at(18, 0, eve) > timedelta(days=2), "National Day is kept"
    assert kinds(car, opening + 59 * MINUTE) == []
    assert kinds(car, opening + HOUR) == [AlarmKind.STAGE]


def test_an_alarm_that_stands_at_closing_time_stands_all_night_without_growing() -> None:
    late = replace(LEFT_BEHIND, stage_entered_at=at(16))
    for now in (at(18), at(23), at(7, 59, TOMORROW)):
        (alarm,) = judge(late, now).alarms
        assert (alarm.since, alarm.stops_at) == (at(17, 30), at(18))
        assert spend(late, now) == 2 * HOUR


def test_overtime_does_not_count() -> None:
    begun_late = replace(LEFT_BEHIND, stage_entered_at=at(19))
    assert spend(begun_late, at(22)) == timedelta()
    assert spend(begun_late, at(8, 20, TOMORROW)) == 20 * MINUTE
    assert kinds(LEFT_BEHIND, at(22)) == []


def test_a_break_at_noon_does_not_count() -> None:
    openings = [
        Opening.model_validate({"days": EVERY_DAY, "opens": opens, "closes": closes})
        for opens, closes in (("08:00", "12:00"), ("13:00", "18:00"))
    ]
    site = SITE.model_copy(update={"openings": openings})
    before_noon = replace(LEFT_BEHIND, stage_entered_at=at(11, 40))
    assert [spend(before_noon, at(*now), site) for now in ((12, 30), (13, 0), (13, 10))] == [
        20 * MINUTE,
        20 * MINUTE,
        30 * MINUTE,
    ]


def test_a_site_that_names_no_hours_counts_by_the_calendar() -> None:
    morning = at(8, 0, TOMORROW)
    assert judge(LEFT_BEHIND, morning, ALWAYS_OPEN).times["RO-1"] == StageTime(at(17, 30))
    assert kinds(LEFT_BEHIND, morning, ALWAYS_OPEN) == [AlarmKind.STAGE]


def test_a_car_that_never_entered_a_stage_has_no_time_and_a_forgotten_one_has_an_end() -> None:
    announced = replace(LEFT_BEHIND, stage=None, stage_entered_at=None)
    assert judge(announced, at(12)).times == {}
    forgotten = replace(LEFT_BEHIND, stage_entered_at=datetime(2001, 1, 1, tzinfo=UTC))
    assert timedelta(hours=400) < spend(forgotten, at(12)) <= timedelta(hours=600)


BERLIN = ZoneInfo("Europe/Berlin")
SHIFTS = [
    Opening(days=["mon", "wed", "fri"], opens=time(8), closes=time(12)),
    Opening(days=["mon", "wed", "fri"], opens=time(13), closes=time(18)),
    Opening(days=["sun"], opens=time(1), closes=time(5)),
]
HOURS = OpeningHours(SHIFTS, BERLIN, "DE", [date(2026, 11, 4)])
INSTANTS = st.integers(0, 50 * 24 * 60).map(lambda minutes: at(0, 0, date(2026, 9, 20)) + minutes * MINUTE)


@given(INSTANTS, INSTANTS)
def test_what_is_counted_is_how_long_the_site_was_open_since(one: datetime, other: datetime) -> None:
    entered_at, now = sorted((one, other))
    car = replace(LEFT_BEHIND, stage_entered_at=entered_at)
    counted = count_stage_times([car], HOURS, now)["RO-1"].reckon(now)
    assert counted == timedelta(seconds=HOURS.open_seconds(entered_at, now))


def test_a_tile_is_sent_anew_for_its_time_only_when_the_site_opens() -> None:
    memory = Memory()

    def draw(now: datetime) -> Part:
        wall = draw_wall(judge(LEFT_BEHIND, now), SITE, WORKSHOP, memory, Look("en"))
        return next(part for part in wall if part.id == "bay-B01")

    moments = [at(17, 31) + 7 * MINUTE * number for number in range(200)]
    tiles = [draw(now) for now in moments]
    opened = next(place for place, now in enumerate(moments) if now >= at(8, 0, TOMORROW))
    changed = [place for place in range(1, len(tiles)) if tiles[place] is not tiles[place - 1]]
    assert changed == [opened]
