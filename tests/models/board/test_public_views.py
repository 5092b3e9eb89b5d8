"""What the database itself lets customers' pages know: nothing that names a person or a car."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from models.domain.board.public import Finding, PublicPart, ServiceDue, StageVisit
from models.queries.board.lounge import read_lounge
from models.queries.board.progress.links import make_progress_link
from models.queries.board.progress.visit import read_progress
from tests.fixtures.visit import NOON, PRIVATE, PUBLIC_VIEWS, Visits
from tests.rig.asking import ask
from tests.rig.catalogue import put_operations
from tests.rig.typed_words import CUSTOMER, TYPED_WORDS, UNKNOWABLE


def make_link(visits: Visits, work_order: str = "RO-1") -> str:
    return ask(visits.database_url, lambda connection: make_progress_link(connection, "s1", work_order, NOON))


def test_customers_pages_need_no_right_but_to_the_public_views(visits: Visits, public_url: str) -> None:
    put_operations(visits.connection)
    visits.open()
    token = make_link(visits)
    (visit,) = ask(public_url, lambda connection: read_lounge(connection, "s1"))
    assert (visit.ticket, visit.plate, visit.operation) == ("A01", "沪A·***45", "Front brake pads")
    progress = ask(public_url, lambda connection: read_progress(connection, token, NOON))
    assert progress
    assert progress.ticket == "A01"
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        psycopg.connect(public_url, autocommit=True) as connection,
    ):
        connection.execute("select plate from work_order")


@pytest.mark.parametrize("view", PUBLIC_VIEWS)
def test_no_public_view_holds_anything_private(visits: Visits, view: str) -> None:
    names = f"{PRIVATE['plate']}, {PRIVATE['customer_name']}, {PRIVATE['customer_phone']}, {PRIVATE['vin']}"
    staff = {"technician": "T-LEAK-7", "advisor": "A-LEAK-7"}
    visits.open(operation=f"call {names}", reason=f"call {names}", **staff)
    visits.add("work_order_part", position=0, part="1", quantity=1, description=f"for {names}")
    visits.add("stage_interval", position=0, stage="repairing", operation=names, reason=names,
               entered_at=NOON, inferred=False, technician="T-LEAK-7")  # fmt: skip
    visits.find_code("P0301", 5)
    add_service(visits)
    make_link(visits)
    rows = visits.connection.execute(f"select * from {view}".encode()).fetchall()
    assert rows, "a view without rows would hide nothing"
    hidden = [*PRIVATE.values(), *staff.values()]
    assert [secret for secret in hidden if secret in repr(rows)] == []


def add_service(visits: Visits) -> None:
    visits.connection.execute("insert into vehicle_service (vin, site) values (%s, 's1')", [PRIVATE["vin"]])
    visits.connection.execute(
        "insert into service_due (vin, item, plan, cycle, due_km, due_on, state, reckoned_at)"
        " values (%s, 'oil', 'petrol', '1', 50000, '2027-03-12', 'not_yet', %s)",
        [PRIVATE["vin"], NOON],
    )


@pytest.mark.parametrize(
    ("plate", "masked"),
    [
        ("沪A12345", "沪A·***45"),
        ("沪A·12345", "沪A·***45"),
        ("沪a 123-45", "沪A·***45"),
        ("沪AD12345", "沪A·***45"),
        ("粤Z1234港", "粤Z·***4港"),
        ("B AB 1234", "***34"),
        ("7ABC123", "***23"),
        ("BB123", "***23"),
        ("MY1", None),
        ("", None),
        (None, None),
    ],
)
def test_plate_is_masked(visits: Visits, plate: str | None, masked: str | None) -> None:
    visits.open(plate=plate)
    assert visits.one("select plate from public_board") == (masked,)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Front brake pads", "Front brake pads"),
        ("  front  BRAKE pads", "Front brake pads"),
        ("更换前刹车片", "Front brake pads"),
        ("Oil and filter service", "Oil and filter service"),
        ("Front brake pads for Mr Wang", ""),
        ("", ""),
        (None, None),
    ],
)
def test_the_waiting_room_shows_operations_in_the_words_of_the_workshop_file(
    visits: Visits, typed: str | None, shown: str | None
) -> None:
    put_operations(visits.connection)
    visits.open(operation=typed)
    assert visits.one("select operation from public_board") == (shown,)


def test_nothing_that_was_typed_reaches_the_waiting_room(visits: Visits) -> None:
    put_operations(visits.connection)
    for number, typed in enumerate(TYPED_WORDS.values()):
        visits.open("RO-PRIV-1" if typed == "RO-PRIV-1" else f"RO-{number}", operation=typed, **CUSTOMER)
    shown = visits.connection.execute("select operation, count(*) from public_board group by 1").fetchall()
    assert shown == [("", 25)]


@pytest.mark.parametrize("known_to", ["order", "vehicle"])
def test_the_customers_own_page_hides_what_names_a_person_or_a_car(visits: Visits, known_to: str) -> None:
    plate = CUSTOMER["plate"] if known_to == "order" else None
    visits.open("RO-PRIV-1", **CUSTOMER | {"plate": plate})
    visits.connection.execute(
        "insert into vehicle (vin, plate, as_of) values (%s, %s, %s)",
        [CUSTOMER["vin"], CUSTOMER["plate"], NOON],
    )
    visits.connection.execute("insert into site_vehicle select 's1', * from vehicle on conflict do nothing")
    visits.add("work_order_part", work_order="RO-PRIV-1", position=0, part="1", quantity=1)
    make_link(visits, "RO-PRIV-1")
    shown = {}
    for spelling, typed in TYPED_WORDS.items():
        visits.update("RO-PRIV-1", operation=typed)
        visits.connection.execute("update work_order_part set description = %s", [typed])
        words = visits.one("select operation from public_progress")
        parts = visits.one("select description from public_progress_part")
        if (words, parts) != (("",), (None,)):
            shown[spelling] = words, parts
    assert set(shown) == UNKNOWABLE


@pytest.mark.parametrize(
    "typed",
    [
        "Front brake pads",
        "更换前刹车片",
        "Tyre 225/55 R17",
        "12 V battery 70 Ah",
        "Brake fluid DOT 4",
        "Engine oil 5W-30, 5 l",
    ],
)
def test_the_customers_own_page_shows_what_was_typed_about_the_work(visits: Visits, typed: str) -> None:
    visits.open(operation=typed)
    make_link(visits)
    assert visits.one("select operation from public_progress") == (typed,)


@pytest.mark.parametrize(
    ("name", "typed", "named"),
    [
        ("John Smith", "for SMITH", True),
        ("John Smith", "for JohnSmith", True),
        ("Bo Li", "Mr Li waits", True),
        ("Bo Li", "Oil filter", False),
        ("Zoë Müller", "fur Muller", True),
        ("王建华", "王总的车", True),
        ("王建华", "建华", True),
        ("王建华", "建议更换", False),
        ("王", "王", False),
        (None, "Front brake pads", False),
    ],
)
def test_a_name_is_found_by_its_parts(visits: Visits, name: str | None, typed: str, named: bool) -> None:
    visits.open(operation=typed, customer_name=name)
    make_link(visits)
    assert visits.one("select operation from public_progress") == ("" if named else typed,)


def test_only_our_own_words_for_waiting_are_public(visits: Visits) -> None:
    visits.open("RO-1", reason="parts")
    visits.open("RO-2", reason="customer has not paid")
    assert visits.connection.execute("select reason from public_board order by ticket").fetchall() == [
        ("parts",), (None,),
    ]  # fmt: skip


def test_visits_get_tickets_in_the_order_they_open_each_site_its_own(visits: Visits) -> None:
    for number in range(101):
        visits.open(f"RO-{number}")
    visits.open("RO-1", site="s2")
    tickets = [row[0] for row in visits.connection.execute(
        "select ticket from public_visit where site = 's1' order by length(work_order), work_order"
    )]  # fmt: skip
    assert tickets[:3] + tickets[98:] == ["A01", "A02", "A03", "A99", "B01", "B02"]
    assert visits.one("select ticket from public_board where site = 's2'") == ("A01",)


def test_ticket_of_a_visit_never_changes(visits: Visits) -> None:
    visits.open("RO-1")
    visits.open("RO-2")
    before = visits.connection.execute("select * from visit_ticket order by number").fetchall()
    visits.update("RO-1", closed_at=NOON)
    visits.update("RO-1", closed_at=None, stage="washing")
    assert visits.connection.execute("select * from visit_ticket order by number").fetchall() == before


def test_ticket_of_an_open_visit_is_not_given_again(visits: Visits) -> None:
    visits.open("RO-1")
    visits.connection.execute("insert into visit_ticket values ('s1', 'long ago', 24 * 99 - 1, 'CODE')")
    visits.open("RO-2")
    visits.open("RO-3")
    assert visits.connection.execute("select ticket from public_board order by 1").fetchall() == [
        ("A01",), ("A02",), ("A03",),
    ]  # fmt: skip


def test_site_that_never_closes_a_visit_still_opens_others(visits: Visits) -> None:
    visits.connection.execute(
        "insert into work_order (site, work_order, registered, cancelled, updated_at)"
        " select 's1', n::text, false, false, now() from generate_series(1, 24 * 99 + 30) as n"
    )
    assert visits.one("select count(*), count(distinct ticket) from public_board") == (2406, 2376)


def test_codes_are_six_signs_that_nobody_mistakes(visits: Visits) -> None:
    for number in range(50):
        visits.open(f"RO-{number}")
    codes = {code for (code,) in visits.connection.execute("select code from visit_ticket")}
    assert len(codes) == 50
    assert {len(code) for code in codes} == {6}
    assert not set("".join(codes)) & set("01IO")


def test_history_that_is_written_closed_gets_no_tickets(visits: Visits) -> None:
    visits.open(closed_at=NOON)
    assert visits.one("select count(*) from visit_ticket") == (0,)


def test_progress_tells_stages_parts_findings_and_service(visits: Visits) -> None:
    visits.open()
    for position, (stage, left) in enumerate(
        [("received", NOON + timedelta(minutes=3)), ("repairing", None)]
    ):
        visits.add("stage_interval", position=position, stage=stage, entered_at=NOON, left_at=left,
                   inferred=False)  # fmt: skip
    visits.add(
        "work_order_part", position=0, part="1", quantity=2, description="Brake disc", status="arrived"
    )
    add_service(visits)
    token = make_link(visits)
    progress = ask(visits.database_url, lambda connection: read_progress(connection, token, NOON))
    assert progress
    assert progress.stages == (
        StageVisit("received", NOON, NOON + timedelta(minutes=3)),
        StageVisit("repairing", NOON, None),
    )
    assert progress.parts == (PublicPart("Brake disc", 2, "arrived", None),)
    assert progress.services == (ServiceDue("petrol", "oil", 50000, date(2027, 3, 12), None),)


@pytest.mark.every_database
def test_findings_are_those_of_this_car_during_this_visit_each_once(visits: Visits) -> None:
    visits.open()
    visits.find_code("P0420", -60 * 24 * 30)
    visits.find_code("P0301", 5, status="pending")
    visits.find_code("P0301", 9, status="confirmed")
    visits.find_code("U0100", 10, vin="LSVAU2A37N2183295")
    token = make_link(visits)
    progress = ask(visits.database_url, lambda connection: read_progress(connection, token, NOON))
    assert progress
    found_at = datetime(2026, 11, 21, 4, 5, tzinfo=UTC)
    assert progress.findings == (Finding("P0301", "confirmed", found_at),)
