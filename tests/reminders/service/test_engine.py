"""Reminders on a real database: raised once, told at the right time, closed by the work that did it."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.queries.service.answers import (
    OdometerWord,
    correct_odometer,
    hold_item,
    record_consent,
    release_item,
)
from models.queries.service.conversion import read_conversion
from reminders.service.engine import Engine
from reminders.service.metrics import Metrics
from reminders.service.plans import make_plans
from tests.rig.garage import NOW, VIN, Garage

OIL = "Oil and filter service"
RAISED = "select item, state, channel, notices from service_reminder order by raised_at, item"
MESSAGES = "select template, state, recipient from outbox_message order by id"
DAY = timedelta(days=1)


@pytest.fixture
def garage(database_url: str) -> Garage:
    return Garage(database_url)


@pytest.fixture
def passat(garage: Garage) -> Garage:
    """A Passat with 100 km a day that had its oil changed 9,000 km ago: due in nine days."""
    garage.add_vehicle()
    garage.add_driving(30_000, 100.0)
    garage.add_order(NOW - 91 * DAY, NOW - 90 * DAY, OIL, "Brake fluid change", "Coolant change")
    garage.add_driving(21_000, 100.0, until=NOW - 90 * DAY, days=10)
    return garage


def _say(garage: Garage, word: Callable[[psycopg.AsyncConnection[Any]], Awaitable[object]]) -> None:
    async def say() -> None:
        async with await psycopg.AsyncConnection.connect(garage.url) as connection:
            await word(connection)

    asyncio.run(say())


async def _answer(at: datetime, allowed: bool, connection: psycopg.AsyncConnection[Any]) -> int:
    return await record_consent(connection, "s1", "C1", allowed=allowed, by=None, now=at)


def test_a_due_service_is_raised_once_with_its_message(passat: Garage) -> None:
    passat.run()
    passat.run()
    passat.run(NOW + timedelta(hours=6))
    assert passat.read(RAISED) == [("oil", "raised", "message", 1)]
    assert passat.read(MESSAGES) == [("service_due", "waiting", "C1")]
    ((due_km, projected_on),) = passat.read("select round(due_km), projected_on from service_reminder")
    assert due_km == pytest.approx(30_900, abs=10)
    assert abs(projected_on - (NOW + 9 * DAY).date()) <= DAY


def test_people_are_told_again_when_the_day_is_near(passat: Garage) -> None:
    passat.run()
    for days in (2, 4, 5, 6):
        passat.run(NOW + days * DAY)
    assert passat.read(RAISED) == [("oil", "raised", "message", 2)]
    assert [state for _, state, _ in passat.read(MESSAGES)] == ["waiting", "waiting"]


def test_three_engines_at_once_raise_each_due_once(garage: Garage) -> None:
    vins = [f"LSVAU2A37N2{number:06d}" for number in range(120)]
    with psycopg.connect(garage.url, autocommit=True) as connection, connection.pipeline():
        for vin in vins:
            connection.execute(
                "insert into vehicle values (%s, %s, 'Audi', 'A6L', 2024, 'petrol', '2024-03-01', %s)",
                (vin, vin[-6:], NOW),
            )
            connection.execute("insert into site_vehicle select 's1', * from vehicle on conflict do nothing")
            connection.execute(
                "insert into work_order (site, work_order, registered, vin, customer_ref, opened_at,"
                " closed_at, cancelled, updated_at) values ('s1', %s, true, %s, %s, %s, %s, false, %s)",
                (vin, vin, vin, *[NOW - 350 * DAY] * 3),
            )
            connection.execute(
                "insert into work_order_line values ('s1', %s, 0, 'J1', %s, 1), ('s1', %s, 1, 'J2', %s, 1)",
                (vin, OIL, vin, "Coolant change"),
            )
    together = Barrier(3)

    def run() -> None:
        engine = garage.make_engine()
        together.wait(30)
        for hour in range(3):
            engine.pass_once(NOW + timedelta(hours=hour), full=hour == 1)
        engine.close()

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(run) for _ in range(3)]:
            done.result(60)
    raised = garage.read("select vin, item, count(*) from service_reminder group by 1, 2")
    assert {vin for vin, item, _ in raised if item == "oil"} == set(vins)
    assert {times for _, _, times in raised} == {1}
    told = garage.read(
        "select count(*), count(distinct reminder_id), count(distinct message_id) from outbox_reminder"
    )
    ((reminders,),) = garage.read("select count(*) from service_reminder")
    assert told == [(reminders, reminders, len(vins))]


def test_nobody_is_told_while_the_car_is_in_the_workshop(passat: Garage) -> None:
    order = passat.add_order(NOW - timedelta(hours=2), None, "Window regulator")
    passat.run()
    assert passat.read(RAISED) == []
    passat.close_order(order, NOW + timedelta(hours=3))
    passat.run(NOW + DAY)
    assert passat.read(RAISED) == [("oil", "raised", "message", 1)]


@pytest.mark.every_database
def test_the_work_order_that_did_it_closes_the_reminder_and_begins_the_next_cycle(passat: Garage) -> None:
    passat.run()
    order = passat.add_order(NOW + DAY, None, OIL)
    passat.run(NOW + DAY, full=False)
    assert passat.read("select state from service_reminder") == [("booked",)]
    passat.close_order(order, NOW + 1.2 * DAY)
    passat.run(NOW + 2 * DAY, full=False)
    assert passat.read("select state, closed_by from service_reminder") == [("done", f"s1/{order}")]
    assert passat.read(MESSAGES) == [("service_due", "cancelled", "C1")]
    due = passat.read("select cycle, round(due_km), state from service_due where item = 'oil'")
    assert due == [(f"s1/{order}", pytest.approx(40_100, abs=20), "not_yet")]


def test_an_order_without_the_item_closes_nothing(passat: Garage) -> None:
    passat.run()
    passat.add_order(NOW + DAY, NOW + 1.2 * DAY, "Window regulator")
    passat.run(NOW + 2 * DAY)
    assert passat.read("select state, closed_at from service_reminder") == [("raised", None)]
    assert passat.read(MESSAGES)[0][1] == "waiting"


def test_who_opted_out_is_not_told_and_the_reminder_shows_it(passat: Garage) -> None:
    _say(passat, lambda connection: record_consent(connection, "s1", "C1", allowed=False, by=None, now=NOW))
    passat.run()
    assert passat.read(RAISED) == [("oil", "withheld", None, 1)]
    assert passat.read(MESSAGES) == []


def test_who_says_yes_while_it_is_still_due_is_told_once(passat: Garage) -> None:
    for at, allowed in ((NOW, False), (NOW + DAY, True)):
        _say(passat, partial(_answer, at, allowed))
        passat.run(at)
        passat.run(at + DAY / 2)
    assert passat.read(RAISED) == [("oil", "raised", "message", 2)]
    assert passat.read(MESSAGES) == [("service_due", "waiting", "C1")]


def test_opting_out_withdraws_what_waits(passat: Garage) -> None:
    passat.run()
    _say(passat, lambda connection: record_consent(connection, "s1", "C1", allowed=False, by=None, now=NOW))
    assert passat.read(MESSAGES) == [("service_due", "cancelled", "C1")]


def test_a_valued_customer_is_called_by_the_advisor(passat: Garage) -> None:
    passat.add_order(NOW - 200 * DAY, NOW - 199 * DAY, "Battery cell module", hours=30.0)
    passat.run()
    assert passat.read(RAISED) == [("oil", "raised", "call", 1)]
    assert passat.read(MESSAGES) == [("service_call", "waiting", "A1")]


@pytest.mark.parametrize(
    ("now", "leaves_at"),
    [
        pytest.param(NOW, NOW, id="in the morning of a working day at once"),
        pytest.param(
            datetime(2026, 11, 18, 13, tzinfo=UTC),
            datetime(2026, 11, 19, 1, tzinfo=UTC),
            id="in the evening not before the next morning",
        ),
        pytest.param(
            datetime(2026, 10, 1, 2, tzinfo=UTC),
            datetime(2026, 10, 4, 1, tzinfo=UTC),
            id="on the national holidays not before they are over",
        ),
    ],
)
def test_messages_leave_when_people_may_be_told(garage: Garage, now: datetime, leaves_at: datetime) -> None:
    garage.add_vehicle()
    garage.add_order(now - 350 * DAY, now - 350 * DAY, OIL)
    garage.run(now)
    assert {each for (each,) in garage.read("select due_at from outbox_message")} == {leaves_at}


def test_a_snoozed_item_waits_and_a_dismissed_one_is_not_raised(passat: Garage) -> None:
    passat.run(NOW - 25 * DAY)
    assert passat.read("select state from service_due where item = 'oil'") == [("not_yet",)]
    _say(passat, lambda connection: hold_item(connection, VIN, "oil", until=NOW + 3 * DAY, by="A1", now=NOW))
    passat.run(NOW, full=False)
    assert passat.read("select state from service_due where item = 'oil'") == [("suppressed",)]
    passat.run(NOW + 2 * DAY)
    assert passat.read(RAISED) == []
    passat.run(NOW + 4 * DAY)
    assert passat.read(RAISED) == [("oil", "raised", "message", 1)]
    _say(passat, lambda connection: hold_item(connection, VIN, "oil", until=None, by="A1", now=NOW))
    passat.run(NOW + 5 * DAY, full=False)
    assert passat.read(RAISED) == [("oil", "suppressed", "message", 1)]
    assert passat.read(MESSAGES) == [("service_due", "cancelled", "C1")]


@pytest.mark.parametrize("state", ["waiting", "sent"])
def test_a_snooze_that_is_over_is_told_of_whether_its_message_had_left_or_not(
    passat: Garage, state: str
) -> None:
    passat.run()
    passat.write("update outbox_message set state = %s", (state,))
    _say(passat, lambda connection: hold_item(connection, VIN, "oil", until=NOW + DAY, by="A1", now=NOW))
    passat.run(NOW + DAY / 2, full=False)
    assert passat.read(RAISED) == [("oil", "suppressed", "message", 1)]
    for days in (1.5, 2, 2.5):
        passat.run(NOW + days * DAY)
    assert passat.read(RAISED) == [("oil", state.replace("waiting", "raised"), "message", 2)]
    first = "sent" if state == "sent" else "cancelled"
    assert [told for _, told, _ in passat.read(MESSAGES)] == [first, "waiting"]


def test_a_dismissal_that_is_undone_tells_only_who_was_not_told(passat: Garage) -> None:
    passat.run()
    for told_before in (False, True):
        if told_before:
            passat.write("update outbox_message set state = 'sent' where state = 'waiting'")
        _say(passat, lambda connection: hold_item(connection, VIN, "oil", until=None, by="A1", now=NOW))
        passat.run(NOW, full=False)
        _say(passat, lambda connection: release_item(connection, VIN, "oil"))
        passat.run(NOW, full=False)
    assert [told for _, told, _ in passat.read(MESSAGES)] == ["cancelled", "sent"]


def test_a_vehicle_that_cannot_be_reckoned_takes_nothing_from_the_others_and_is_said_once(
    passat: Garage,
) -> None:
    # As another program could have written it; ingest refuses such a day.
    passat.add_vehicle("A-NEVER", in_service_on=date(9999, 6, 1))
    passat.add_driving(500, 20.0, vin="A-NEVER")
    engine = passat.make_engine()
    with capture_logs() as logged:
        for days in (0, 1):
            engine.pass_once(NOW + days * DAY, full=True)
    engine.close()
    assert passat.read(RAISED) == [("oil", "raised", "message", 1)]
    assert passat.read("select trusted from odometer_reading where vin = 'A-NEVER' group by 1") == [(None,)]
    assert [line["car"] for line in logged if line["log_level"] == "error"] == ["A-NEVER"]


class FailingOnce(Engine):
    """An engine with a fault of ours in its first pass, which stops after its second."""

    passes = 0

    def pass_once(self, now: datetime, *, full: bool = False) -> None:
        self.passes += 1
        if self.passes == 1:
            raise ValueError("a fault of ours")
        self.stop()
        super().pass_once(now, full=full)


def test_an_engine_goes_on_after_a_fault_of_ours(passat: Garage) -> None:
    engine = FailingOnce(
        database_url=passat.url, plans=make_plans(passat.workshop), metrics=Metrics(), clock=lambda: NOW
    )
    with capture_logs() as logged:
        engine.run(pause_seconds=0)
    assert [line["why"] for line in logged if line["log_level"] == "warning"] == [
        "a pass fails: a fault of ours"
    ]
    assert engine.find_troubles() == []
    assert passat.read(RAISED) == [("oil", "raised", "message", 1)]


def test_a_reading_of_an_unknown_vehicle_is_kept_and_joined_when_it_appears(garage: Garage) -> None:
    garage.add_driving(4_900, 20.0)
    garage.run()
    assert garage.read("select round(km), site from vehicle_service") == [(4_900, None)]
    assert garage.read("select count(*) from odometer_reading where trusted") == [(17,)]
    assert garage.read("select count(*) from service_due") == [(0,)]
    garage.add_vehicle(in_service_on=date(2026, 3, 1))
    garage.add_order(NOW, NOW + timedelta(hours=1), "Wheel alignment")
    garage.run(NOW + timedelta(hours=2), full=False)
    assert garage.read("select round(due_km), state from service_due where item = 'oil'") == [(5_000, "soon")]


def test_an_edited_plan_re_reckons_what_is_due(passat: Garage, tmp_path: Path) -> None:
    passat.run()
    ((before,),) = passat.read("select due_km from service_due where item = 'oil'")
    file = tmp_path / "workshop.toml"
    text = DEFAULT_WORKSHOP_FILE.read_text()
    without, warranty, rest = text.partition('[[plan.item]]\nkey = "warranty_end"')
    rest = rest[rest.index("[[plan]]") :]
    file.write_text(without.replace("every_km = 10000", "every_km = 15000") + rest)
    Garage(passat.url, load_workshop(file)).run(NOW + timedelta(minutes=1), full=False)
    assert warranty
    assert passat.read("select due_km from service_due where item = 'oil'") == [(before + 5_000,)]
    assert passat.read("select count(*) from service_due where item = 'warranty_end'") == [(0,)]
    assert passat.read(RAISED) == [("oil", "raised", "message", 1)]


@pytest.mark.every_database
def test_a_new_reading_reviews_only_its_vehicle_and_judges_the_others_of_it_anew(passat: Garage) -> None:
    other = "LVGAU2A37N2183295"
    passat.add_vehicle(other)
    passat.add_driving(10_000, 30.0, other)
    passat.add_reading(NOW - timedelta(minutes=30), 300_012)
    passat.add_reading(NOW - timedelta(minutes=20), 12_000)
    passat.run()
    refused = "select km, split_part(reason, ':', 1) from odometer_reading where not trusted order by km"
    assert passat.read(refused) == [(12_000, "runs_backwards"), (300_012, "digit_too_many")]
    passat.add_reading(NOW + timedelta(hours=1), 30_009)
    passat.run(NOW + timedelta(hours=2), full=False)
    reviewed = dict(passat.read("select vin, reviewed_at from vehicle_service"))
    assert reviewed == {VIN: NOW + timedelta(hours=2), other: NOW}
    assert passat.read("select km from vehicle_service where vin = %s", (VIN,)) == [(30_009,)]


def test_a_correction_stays_and_later_readings_build_on_it(passat: Garage) -> None:
    passat.run()
    swapped = NOW + DAY
    passat.add_reading(swapped + DAY, 100)
    passat.run(NOW + 3 * DAY)
    assert passat.read("select km, refused_readings from vehicle_service") == [(30_000, 1)]
    word = OdometerWord(VIN, swapped, 30_100, 0, "A1")
    _say(passat, lambda connection: correct_odometer(connection, word, NOW + 3 * DAY))
    passat.run(NOW + 4 * DAY, full=False)
    assert passat.read("select km, refused_readings from vehicle_service") == [(30_200, 0)]
    passat.add_reading(swapped + 2 * DAY, 205)
    passat.run(NOW + 5 * DAY, full=False)
    assert passat.read("select km from vehicle_service") == [(30_305,)]


def test_what_old_readings_said_is_remembered_once_they_are_no_longer_kept(passat: Garage) -> None:
    passat.add_reading(NOW - timedelta(minutes=30), 14_000)
    passat.run()
    known = "select first_km, km, km_at from vehicle_service"
    before = passat.read(known)
    passat.write("delete from odometer_reading where km > 14000 or at < %s", (NOW - DAY,))
    passat.add_reading(NOW + DAY, 14_100)
    passat.run(NOW + 2 * DAY)
    assert passat.read(known) == before
    assert passat.read("select trusted from odometer_reading") == [(False,), (False,)]


def test_what_is_remembered_yields_to_a_longer_run_of_readings(passat: Garage) -> None:
    passat.run()
    passat.write("delete from odometer_reading")
    for day in range(8):
        passat.add_reading(NOW + (1 + day) * DAY, 95_000 + 30 * day)
    passat.run(NOW + 10 * DAY)
    assert passat.read("select km, refused_readings from vehicle_service") == [(30_000, 8)]
    passat.add_reading(NOW + 9 * DAY, 95_240)
    passat.run(NOW + 11 * DAY)
    assert passat.read("select km, refused_readings from vehicle_service") == [(95_240, 0)]


def test_numbers_that_no_odometer_shows_stop_no_review(passat: Garage) -> None:
    passat.add_reading(NOW - timedelta(hours=3), 3.4028234663852886e38)
    passat.add_reading(NOW - timedelta(hours=2), float("inf"))
    passat.add_reading(NOW - timedelta(hours=1), float("nan"))
    word = OdometerWord(VIN, NOW - timedelta(hours=4), float("inf"), 0, "A1")
    _say(passat, lambda connection: correct_odometer(connection, word, NOW))
    passat.run()
    assert passat.read("select km, refused_readings from vehicle_service") == [(30_000, 3)]


def test_conversion_counts_vehicles_that_came_within_thirty_days(passat: Garage) -> None:
    passat.run(NOW)
    passat.add_order(NOW + 20 * DAY, NOW + 20.2 * DAY, OIL)

    async def read() -> list[tuple[int, int, float | None]]:
        async with await psycopg.AsyncConnection.connect(passat.url) as connection:
            months = await read_conversion(
                connection, "s1", "Asia/Shanghai", NOW - DAY, NOW + DAY, NOW + 40 * DAY
            )
            return [(month.told, month.came, month.share) for month in months]

    assert asyncio.run(read()) == [(1, 1, 1.0)]


def test_the_shipped_workshop_file_reminds_only_customers_who_said_yes(garage: Garage) -> None:
    garage.workshop = load_workshop(DEFAULT_WORKSHOP_FILE)
    garage.add_vehicle()
    garage.add_driving(30_000, 100.0)
    garage.add_order(NOW - 91 * DAY, NOW - 90 * DAY, OIL, "Coolant change")
    garage.run()
    assert garage.read("select state from service_reminder") == [("withheld",)]
    assert garage.read("select * from outbox_message") == []
    _say(garage, lambda connection: record_consent(connection, "s1", "C1", allowed=True, by="A1", now=NOW))
    garage.run(NOW + DAY)
    assert garage.read("select recipient_role, recipient from outbox_message") == [("customer", "C1")]
