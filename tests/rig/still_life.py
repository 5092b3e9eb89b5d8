"""What is in the workshop that stands still: its cars at noon, and what its office knows.

Fixed, so that pictures of it can be compared.
"""

from datetime import timedelta

import psycopg

from models.queries.board.progress.visit import hash_token
from tests.fixtures.visit import NOON, PRIVATE, Visits

# Leads to the progress page of the first car.
TOKEN = "t" * 32
# Bay or none, stage, minutes in it, plate, make, model, type of job, technician or why it waits, operation,
# minutes to the promise, whether the customer sits in the waiting room.
_CARS: tuple[tuple[str | None, str, int, str, str, str, str, str, str, int, bool], ...] = (
    (
        "B01",
        "repairing",
        38,
        "沪A12345",
        "Volkswagen",
        "Passat",
        "maintenance",
        "T012",
        "Front brake pads",
        180,
        True,
    ),
    (
        "B02",
        "repairing",
        80,
        "沪B55821",
        "Buick",
        "GL8",
        "maintenance",
        "T003",
        "Engine air filter",
        45,
        True,
    ),
    ("B03", "repairing", 131, "沪C07K19", "Toyota", "Corolla", "repair", "T007", "Clutch", 20, False),
    ("B05", "inspecting", 12, "沪AD31245", "BYD", "Han", "repair", "T009", "Diagnosis", 240, True),
    (
        "B06",
        "awaiting_parts",
        95,
        "沪D90X02",
        "Volkswagen",
        "Lavida",
        "repair",
        "parts",
        "Shock absorber",
        -30,
        True,
    ),
    ("B09", "quality_check", 6, "沪E66210", "Geely", "Emgrand", "maintenance", "T001", "", 60, True),
    ("B10", "repairing", 55, "苏A7788K", "Audi", "A6L", "body", "T015", "Front bumper", 1500, False),
    ("B11", "washing", 21, "浙B30H77", "Tesla", "Model 3", "body", "T015", "", 90, True),
    (None, "received", 4, "沪F10086", "Honda", "Accord", "maintenance", "bay", "", 300, True),
    (None, "received", 26, "沪G20L35", "Nissan", "Sylphy", "inspection", "bay", "", 200, False),
    (None, "awaiting_approval", 18, "沪H45Q67", "Buick", "Envision", "repair", "approval", "", 150, True),
    (
        None,
        "awaiting_parts",
        3100,
        "沪J8T001",
        "Toyota",
        "RAV4",
        "warranty",
        "parts",
        "Window regulator",
        600,
        False,
    ),
    (None, "ready", 9, "沪K33M08", "Volkswagen", "Tiguan", "maintenance", "", "", 30, True),
    (None, "ready", 48, "沪AF90123", "NIO", "ES6", "inspection", "", "", 10, False),
    (None, "ready", 140, "沪L5R556", "Chery", "Tiggo 8", "repair", "", "", -60, False),
)
# Stages of the first car, each with the minutes before noon at which it began.
_FIRST_CARS_WAY = (("received", 85), ("inspecting", 78), ("awaiting_approval", 52), ("repairing", 38))


def put_still_life(visits: Visits) -> None:
    """Write everything there is at noon."""
    for number, car in enumerate(_CARS, 1):
        _put_car(visits, number, *car)
    _tell_about_first_car(visits)
    _put_things_of_the_office(visits.connection)
    pulse = (
        "insert into site_pulse (site, received_at) values ('s1', %s)"
        " on conflict (site) do update set received_at = excluded.received_at"
    )
    visits.connection.execute(pulse, [NOON - timedelta(seconds=4)])


def _put_car(
    visits: Visits,
    number: int,
    bay: str | None,
    stage: str,
    minutes: int,
    plate: str,
    make: str,
    model: str,
    job_type: str,
    who_or_why: str,
    operation: str,
    promised_minutes: int,
    waiting: bool,
) -> None:
    way = _FIRST_CARS_WAY if number == 1 else (("received", minutes + 10), (stage, minutes))
    vin = PRIVATE["vin"] if number == 1 else f"LSVAU2A37N21{number:05}"
    worked_on = who_or_why.startswith("T")
    visits.connection.execute(
        "insert into vehicle (vin, plate, make, model, as_of) values (%s, %s, %s, %s, %s)",
        [vin, plate, make, model, NOON],
    )
    visits.connection.execute("insert into site_vehicle select 's1', * from vehicle on conflict do nothing")
    visits.open(
        work_order := f"RO-{1000 + number}",
        vin=vin,
        plate=plate,
        stage=stage,
        job_type=job_type,
        stage_entered_at=NOON - timedelta(minutes=minutes),
        opened_at=NOON - timedelta(minutes=way[0][1]),
        bay=bay,
        technician=who_or_why if worked_on else None,
        reason=None if worked_on else who_or_why or None,
        operation=operation or None,
        promised_at=NOON + timedelta(minutes=promised_minutes),
        customer_waiting=waiting,
    )
    for position, (each, minutes_ago) in enumerate(way):
        ends = [before for _, before in way[position + 1 :]]
        visits.add(
            "stage_interval",
            work_order=work_order,
            position=position,
            stage=each,
            bay=bay if each == stage else None,
            technician=who_or_why if worked_on and each == stage else None,
            entered_at=NOON - timedelta(minutes=minutes_ago),
            left_at=NOON - timedelta(minutes=ends[0]) if ends else None,
            inferred=False,
        )


def _tell_about_first_car(visits: Visits) -> None:
    parts = (("Brake pad set, front", 1, "fitted", None), ("Brake disc", 2, "arrived", None))
    late = ("Wear sensor", 1, "ordered", NOON + timedelta(hours=1))
    for position, (description, quantity, status, eta) in enumerate((*parts, late)):
        visits.add(
            "work_order_part",
            work_order="RO-1001",
            position=position,
            part=str(position),
            description=description,
            quantity=quantity,
            status=status,
            eta=eta,
        )
    visits.find_code("C0035", -60)
    visits.connection.execute("insert into vehicle_service (vin, site) values (%s, 's1')", [PRIVATE["vin"]])
    visits.connection.execute(
        "insert into service_due (vin, item, plan, cycle, due_km, due_on, state, reckoned_at)"
        " values (%s, 'oil', 'petrol', '1', 50000, '2027-03-12', 'not_yet', %s)",
        [PRIVATE["vin"], NOON],
    )
    visits.connection.execute(
        "insert into progress_link (token_hash, site, work_order, made_at) values (%s, 's1', 'RO-1001', %s)",
        [hash_token(TOKEN), NOON],
    )


def _put_things_of_the_office(connection: psycopg.Connection) -> None:
    """Have a scanner that fell silent, a refused message, screens and accounts."""
    heard = "insert into device_state (site, device, source, last_received_at, messages, messages_per_minute)"
    for device, hours in (("scanner-1", 0.1), ("scanner-4", 30)):
        heard_at = NOON - timedelta(hours=hours)
        connection.execute(f"{heard} values ('s1', %s, 'scanner', %s, 90, 1.5)", [device, heard_at])
    connection.execute(
        "insert into quarantined_message (digest, received_at, topic, payload, reason, status, site, device)"
        " values ('d', %s, 'workshop/v1/s1/scanner/scanner-1/stage', '{}', 'id is missing', 'new', 's1', %s)",
        [NOON - timedelta(hours=2), "scanner-1"],
    )
    screen = "insert into screen (token_hash, kind, site, name, added_at, seen_at, revoked_at)"
    for name, kind, seen_at, revoked_at in (
        ("Hall TV", "wall", NOON, None),
        ("Sofa", "lounge", NOON - timedelta(days=2), None),
        ("Old tablet", "wall", None, NOON),
    ):
        row = [name.encode(), kind, name, NOON - timedelta(days=9), seen_at, revoked_at]
        connection.execute(f"{screen} values (%s, %s, 's1', %s, %s, %s, %s)", row)
    account = (
        "insert into account"
        " (name, label, password_hash, role, sites, session_version, added_at, disabled_at)"
    )
    for name, role, sites, disabled_at in (
        ("li.wei", "manager", None, None),
        ("zhang.min", "foreman", ["s1"], None),
        ("chen.hao", "foreman", ["s1"], NOON),
    ):
        row = [name, name, "-", role, sites, NOON - timedelta(days=30), disabled_at]
        connection.execute(f"{account} values (%s, %s, %s, %s, %s, 1, %s, %s)", row)
