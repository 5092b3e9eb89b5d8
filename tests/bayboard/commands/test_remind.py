"""`bayboard remind`, `odometer` and `service` as people run them."""

from collections.abc import Callable
from datetime import timedelta

from tests.fixtures.database import as_role
from tests.fixtures.ingest import ask_ingest, wait_for_rows
from tests.fixtures.processes import StartCommand
from tests.rig.garage import NOW, VIN, Garage
from tests.rig.patience import wait_until

OIL = "Oil and filter service"
DAY = timedelta(days=1)


def test_one_pass_as_of_a_time_says_what_it_did_and_obeys_what_people_said(
    database_url: str, start_bayboard: StartCommand
) -> None:
    garage = Garage(database_url)
    garage.add_vehicle()
    garage.add_driving(30_000, 100.0)
    garage.add_order(NOW - 91 * DAY, NOW - 90 * DAY, OIL, "Coolant change")
    # The shipped workshop file reminds only customers who said yes.
    garage.write("insert into customer_consent values ('s1', 'C1', %s, true, 'A1')", (NOW - 100 * DAY,))

    def bayboard(*arguments: str) -> str:
        # What people say is kept by the operator's commands.
        url = as_role(database_url, "remind") if arguments[0] == "remind" else database_url
        status, lines = start_bayboard(*arguments, BAYBOARD_DATABASE_URL=url).finish()
        assert status == 0, lines
        return " ".join(lines)

    assert "reminders raised: 1" in bayboard("remind", "--once", "--now", NOW.isoformat())
    assert "messages withdrawn: 1" in bayboard("service", "opt-out", "s1", "C1", "--by", "A1")
    assert "is dismissed" in bayboard("service", "dismiss", VIN, "oil")
    assert "12000 km at 2026-11-18T02:00:00+00:00" in bayboard(
        "odometer", "correct", VIN, "12000", "--at", NOW.isoformat()
    )
    assert "vehicles reviewed: 1" in bayboard("remind", "--once", "--now", (NOW + DAY).isoformat())
    assert garage.read("select km from vehicle_service") == [(12_000,)]
    assert garage.read("select state from service_due where item = 'oil'") == [("suppressed",)]


def test_the_engine_judges_what_arrives_and_answers_probes(
    database_url: str, start_bayboard: StartCommand, free_port: Callable[[], int]
) -> None:
    port = free_port()
    engine = start_bayboard(
        "remind",
        "--pause",
        "0.1",
        "--http-port",
        str(port),
        BAYBOARD_DATABASE_URL=as_role(database_url, "remind"),
    )
    engine.wait_for_answer(f"http://127.0.0.1:{port}/readyz")
    Garage(database_url).add_reading(NOW - DAY, 12_345)
    wait_for_rows(database_url, "select km, trusted from odometer_reading", [(12_345.0, True)])
    # Counted once the verdict is committed, which may be a moment later.
    counted = 'bayboard_remind_verdicts_total{verdict="trusted"} 1.0'
    wait_until(lambda: counted in ask_ingest(port, "/metrics")[1])
    assert ask_ingest(port, "/metrics")[0] == 200
