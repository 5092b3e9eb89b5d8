"""A workshop that stands still: fixed cars, a server and a browser for which no time passes.

Owns the moment, the cars in it and how a page is kept from counting on, so that a picture of a
page is the same whenever and wherever it is taken.
"""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import pytest
import uvicorn
from playwright.sync_api import Page

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.access import SESSION_COOKIE, Role, Ticket, User, session_box
from dashboard.app import create_app
from models.queries.progress import hash_token
from tests.fix_access import KEY
from tests.fix_database import DatabaseServer
from tests.fix_visit import NOON, PRIVATE, Visits

# Leads to the progress page of the first car.
TOKEN = "t" * 32
_PATIENCE_MS = 30_000
# The page's own clock is a number that only a test moves; pulses go on saying the server's frozen time.
_NO_TIME_PASSES = "window.passed = 0; performance.now = () => window.passed;"
# Debian's fonts-noto-cjk has every letter of both languages; other fonts of a machine would look otherwise.
_ONE_FONT = ":root { --font: 'Noto Sans CJK SC' !important; }"

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


@dataclass(slots=True)
class Still:
    """A dashboard whose clock says `now`."""

    address: str
    now: datetime = NOON

    def visit(self, page: Page, path: str, *, lang: str) -> None:
        """Open a page as a manager on whose screen no time passes."""
        cookie = session_box(KEY).sign(Ticket(User(Role.MANAGER), self.now + timedelta(days=1)))
        page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": self.address}])
        page.add_init_script(_NO_TIME_PASSES)
        page.goto(f"{self.address}{path}?lang={lang}")
        page.add_style_tag(content=_ONE_FONT)

    def visit_board(self, page: Page, path: str, *, lang: str) -> None:
        """Open a board and wait until it is current."""
        self.visit(page, path, lang=lang)
        page.wait_for_selector("html:not([data-stale]) #board[data-seen=live]", timeout=_PATIENCE_MS)


@pytest.fixture(scope="module")
def standstill(postgresql_server: DatabaseServer) -> Iterator[Still]:
    """One dashboard for the tests of a module, with the cars of noon."""
    with postgresql_server.make_database(postgresql_server.migrated_template()) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            _fill(Visits(connection, url))
        yield from _serve(url)


@pytest.fixture
def still(standstill: Still) -> Still:
    """A dashboard at noon, where nothing moves."""
    standstill.now = NOON
    return standstill


def _serve(database_url: str) -> Iterator[Still]:
    listening = socket.create_server(("127.0.0.1", 0))
    shop = Still(f"http://127.0.0.1:{listening.getsockname()[1]}")
    app = create_app(
        database_url=database_url,
        workshop=load_workshop(DEFAULT_WORKSHOP_FILE),
        secret_key=KEY,
        public_url="http://bayboard.test",  # stands in the waiting room's code
        clock=lambda: shop.now,
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=[[listening]])
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    yield shop
    server.should_exit = True
    thread.join()
    listening.close()


def _fill(visits: Visits) -> None:
    for number, car in enumerate(_CARS, 1):
        _put_car(visits, number, *car)
    _tell_about_first_car(visits)
    pulse = "insert into site_pulse (site, received_at) values ('s1', %s)"
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
    visits.connection.execute(
        "insert into service_due (vin, item, plan, cycle, due_km, due_on, state, reckoned_at)"
        " values (%s, 'oil', 'petrol', '1', 50000, '2027-03-12', 'not_yet', %s)",
        [PRIVATE["vin"], NOON],
    )
    visits.connection.execute(
        "insert into progress_link (token_hash, site, work_order, made_at) values (%s, 's1', 'RO-1001', %s)",
        [hash_token(TOKEN), NOON],
    )
