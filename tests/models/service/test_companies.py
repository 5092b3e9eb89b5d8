"""A site knows of a car its own visits and readings alone, unless the sites are one company."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

import psycopg
import pytest

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Workshop, load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from ingest.store.write import prepare_connection, write_batch
from models.analytics.record.vehicle import VehicleRecord
from models.queries.record.order import read_order
from models.queries.record.vehicle import find_vehicles, read_vehicle
from models.rollups.workshop import record_workshop
from reminders.service.engine import Engine
from reminders.service.metrics import Metrics
from reminders.service.plans import make_plans
from tests.fixtures.database import as_role
from tests.fixtures.visit import NOON
from tests.rig.asking import ask

VIN = "LSVAU2A37N2183294"
WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
RULES = make_rules(WORKSHOP)
DAY = timedelta(days=1)


def make_workshop(*, one_company: bool) -> Workshop:
    [site] = WORKSHOP.sites
    sites = [site, site.model_copy(update={"key": "s2"})]
    return WORKSHOP.model_copy(update={"sites": sites, "one_company": one_company})


def say(
    site: str, days: float, kind: str, body: Mapping[str, object], source: str = "dms"
) -> ReceivedMessage:
    at = NOON + days * DAY
    payload = json.dumps({"id": f"{kind}-{days}", "at": at.isoformat(), **body}).encode()
    return ReceivedMessage(f"workshop/v1/{site}/{source}/{source}-{site}/{kind}", payload, at, 1, 0)


def drive(site: str, days: int, km: int) -> ReceivedMessage:
    return say(site, days, "odometer", {"vin": VIN, "odometer": {"value": km, "unit": "km"}}, "telematics")


def open_order(site: str, days: float, order: str, plate: str, model: str, name: str) -> ReceivedMessage:
    vehicle = {"vin": VIN, "plate": plate, "make": "Buick", "model": model, "powertrain": "petrol"}
    customer = {"ref": f"C-{site}", "name": name}
    order_ = {"work_order": order, "change": "opened", "vehicle": vehicle, "customer": customer}
    return say(site, days, "work-order", order_)


OF_S1 = [
    open_order("s1", -90, "RO-1", "沪A11111", "GL8", "王建华"),
    *(drive("s1", days, 45_000 + 40 * days) for days in range(-90, 0, 6)),
]
OF_S2 = [
    open_order("s2", -300, "RO-2", "沪B22222", "Regal", "李四光"),
    *(drive("s2", days, 12_000 + 20 * days) for days in range(-300, -200, 10)),
]


def fill(url: str, messages: Sequence[ReceivedMessage], *, one_company: bool) -> None:
    workshop = make_workshop(one_company=one_company)
    with psycopg.connect(url, autocommit=True) as connection:
        record_workshop(connection, workshop.stages, workshop.sites, one_company=one_company)
        prepare_connection(connection)
        for message in messages:
            write_batch(connection, sort_messages([message], RULES), RULES)
    engine = Engine(
        database_url=as_role(url, "remind"), plans=make_plans(workshop), metrics=Metrics(), clock=lambda: NOON
    )
    try:
        engine.pass_once(NOON, full=True)
    finally:
        engine.close()


def look(url: str, *sites: str) -> VehicleRecord | None:
    return ask(url, lambda connection: read_vehicle(connection, VIN, sites))


def test_two_companies_learn_nothing_of_each_others_visits_of_a_car(database_url: str) -> None:
    fill(database_url, [*OF_S1, *OF_S2], one_company=False)
    ours, theirs = look(database_url, "s1"), look(database_url, "s2")
    assert ours
    assert theirs
    assert (ours.head.plate, ours.head.model) == ("沪A11111", "GL8")
    assert (theirs.head.plate, theirs.head.model) == ("沪B22222", "Regal")
    assert ours.head.km == pytest.approx(45_000 + 40 * -6), "s1 had the car last, and its own readings count"
    assert ours.head.refused_readings == 0
    assert ours.due
    assert theirs.head.km is None
    assert theirs.due == []
    assert "王建华" not in repr(theirs)
    assert "李四光" not in repr(ours)
    for site, order, plate in (("s1", "RO-1", "沪A11111"), ("s2", "RO-2", "沪B22222")):
        record = ask(database_url, lambda c, s=site, o=order: read_order(c, s, o, NOON))  # type: ignore[misc]
        assert record
        assert record.head.plate == plate
    assert ask(database_url, lambda c: find_vehicles(c, "A11111", ("s2",))) == []
    assert [hit.plate for hit in ask(database_url, lambda c: find_vehicles(c, "B22222", ("s2",)))] == [
        "沪B22222"
    ]
    with psycopg.connect(database_url) as connection:
        assert connection.execute(
            "select site, bool_and(trusted) from odometer_reading group by 1 order by 1"
        ).fetchall() == [("s1", True), ("s2", True)]


def test_a_site_that_names_a_car_rewrites_nothing_of_another_site(database_url: str) -> None:
    fill(database_url, OF_S1, one_company=False)
    before = look(database_url, "s1")
    fill(database_url, [open_order("s2", -1, "RO-9", "沪X99999", "Invented", "x")], one_company=False)
    assert before
    after, others = look(database_url, "s1"), look(database_url, "s2")
    assert after
    assert others
    assert (after.head.plate, after.head.model) == (before.head.plate, before.head.model)
    assert others.head.km is None, "it learns no mileage by naming a car"
    assert others.mileage == []


def test_sites_of_one_company_know_what_each_knows(database_url: str) -> None:
    fill(database_url, [*OF_S1, *OF_S2], one_company=True)
    theirs = look(database_url, "s2")
    assert theirs
    assert (theirs.head.plate, theirs.head.model) == ("沪A11111", "GL8")
    assert theirs.head.km == pytest.approx(45_000 + 40 * -6)
    assert theirs.due
