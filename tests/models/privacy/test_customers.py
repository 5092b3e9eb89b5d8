"""A person can be given out and erased: nothing of the person is left anywhere, the car's history is."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.store import StoreRules
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from ingest.store.write import prepare_connection, write_batch
from models.database.engine import connect_database
from models.migrations.run import migrate
from models.prune import prune_store
from tests.fixtures.access import KEY
from tests.fixtures.database import as_role
from tests.fixtures.processes import StartCommand
from tests.fixtures.visit import NOON
from tests.rig.scan_tables import find_in_tables

RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))
VIN = "LSVAU2A37N2183294"
NAME, PHONE, REF, PLATE, MAIL = "欧阳建华", "13800138000", "C00017", "沪A12345", "ouyang@example.com"
PERSON = (NAME, PHONE, "138 0013 8000", REF, PLATE, "沪A·12345", MAIL, "欧阳")
CAR = {"vin": VIN, "plate": "沪A·12345", "make": "Buick", "model": "GL8"}
CUSTOMER = {"ref": REF, "name": NAME, "phone": "138 0013 8000"}

AGAIN = {"work_order": "RO-1", "change": "updated", "vehicle": CAR, "customer": CUSTOMER}


def say(number: int, kind: str, body: Mapping[str, object], source: str = "dms") -> ReceivedMessage:
    at = NOON + timedelta(minutes=number)
    payload = json.dumps({"id": f"{kind}-{number}", "at": at.isoformat(), **body}).encode()
    return ReceivedMessage(f"workshop/v1/s1/{source}/{source}-1/{kind}", payload, at, 1, 0)


OPENED = say(
    1,
    "work-order",
    {
        "work_order": "RO-1",
        "change": "opened",
        "vehicle": CAR,
        "customer": CUSTOMER,
        "job_type": "repair",
        "lines": [
            {"job": "J1", "operation": f"{NAME} waits", "hours": 1.0},
            {"job": "J2", "operation": "Oil"},
        ],
        "parts": [{"part": "P1", "description": f"for {NAME}"}],
    },
)
OTHER = say(
    2,
    "work-order",
    {
        "work_order": "RO-2",
        "change": "opened",
        "vehicle": {"vin": "LSVAU2A37N2183295", "plate": "沪B77777"},
        "customer": {"ref": "C0001", "name": "李四光", "phone": "13911112222"},
    },
)
SCANNED = say(
    3,
    "stage",
    {"work_order": "RO-1", "stage": "repairing", "operation": f"call {PHONE}", "reason": f"{NAME} asks"},
    "scanner",
)
READ = say(4, "report", {"vin": VIN, "dtcs": [{"code": "P0301", "status": "confirmed"}]}, "diagnostic")


def write(connection: psycopg.Connection, messages: Sequence[ReceivedMessage]) -> None:
    write_batch(connection, sort_messages(messages, RULES), RULES)


def put_person(url: str) -> None:
    """Put a person into every table that may hold one, as the services do."""
    with psycopg.connect(url, autocommit=True) as connection:
        prepare_connection(connection)
        write(connection, [OPENED, OTHER, SCANNED, READ])
        for number, encoding in enumerate(("utf-8", "utf-16-le", "utf-16-be", "gbk", "escaped", "ESCAPED")):
            payload = {
                "escaped": json.dumps({"name": NAME}).encode(),
                "ESCAPED": json.dumps({"name": NAME}).upper().replace("\\U", "\\u").encode(),
            }.get(encoding) or f'{{"name": "{NAME}"}}'.encode(encoding)
            connection.execute(
                "insert into quarantined_message (digest, received_at, topic, payload, reason, site, status)"
                " values (%s, now(), 't', %s, %s, 's1', 'new')",
                [bytes([number]), payload, f"phone: {PHONE}" if number == 0 else "at: is missing"],
            )
        told = {
            "customer": NAME,
            "phone": PHONE,
            "email": MAIL,
            "plate": PLATE,
            "description": f"for {NAME}",
        }
        for key, state in (("sent", "sent"), ("waits", "waiting")):
            connection.execute(
                "insert into outbox_message (event_key, site, work_order, recipient_role, recipient,"
                " template, payload, created_at, due_at, state)"
                " values (%s, 's1', 'RO-1', 'customer', %s, 'ready_for_pickup', %s, now(), now(), %s)",
                [key, REF, Jsonb(told), state],
            )
        connection.execute(
            "insert into delivery_attempt"
            " (message_id, attempt, attempted_at, channel, send_id, outcome, detail)"
            " select id, 1, now(), 'sms', 'x', 'failed', %s from outbox_message",
            [f"no such number {PHONE}"],
        )
        connection.execute(
            "insert into vehicle_service (vin, site, customer_ref, customer_name, customer_phone)"
            " values (%s, 's1', %s, %s, %s)",
            [VIN, REF, NAME, PHONE],
        )
        connection.execute("insert into customer_consent values ('s1', %s, now(), true, 'chen')", [REF])
        connection.execute(
            "insert into service_reminder"
            " (vin, plan, item, cycle, site, customer_ref, raised_at, state, notices)"
            " values (%s, 'petrol', 'oil', '1', 's1', %s, now(), 'raised', 1)",
            [VIN, REF],
        )
        connection.execute(
            "insert into service_hold (vin, item, cycle, held_at, reason) values (%s, 'oil', '1', now(), %s)",
            [VIN, f"{NAME} said so"],
        )
        connection.execute(
            "insert into audit (at, who, what, about, after)"
            " values (now(), 'chen', 'records_searched', %s, %s)",
            [PLATE, Jsonb({"typed": NAME})],
        )
        connection.execute("insert into progress_link values ('hash', 's1', 'RO-1', now())")
        connection.execute("insert into sign_in_attempts values ('progress of 2345', %s, 3)", [NOON])


class Commands:
    """The commands of an operator."""

    def __init__(self, start: StartCommand, url: str, file: Path) -> None:
        self._start, self._file = start, file
        self.url = url

    def run(self, *arguments: str, key: str = KEY, status: int = 0) -> str:
        command = self._start(
            *arguments,
            BAYBOARD_DATABASE_URL=self.url,
            BAYBOARD_SECRET_KEY=key,
            BAYBOARD_ERASURES_FILE=str(self._file),
        )
        ended, lines = command.finish()
        assert ended == status, lines
        return "\n".join(lines)


@pytest.fixture
def commands(database_url: str, start_bayboard: StartCommand, tmp_path: Path) -> Commands:
    put_person(database_url)
    return Commands(start_bayboard, database_url, tmp_path / "erasures")


def test_after_an_erasure_a_search_of_all_tables_finds_nothing(commands: Commands, tmp_path: Path) -> None:
    with psycopg.connect(commands.url, autocommit=True) as connection:
        before = find_in_tables(connection, *PERSON)
        assert len({place.partition(":")[0] for place in before}) > 20, "the search finds what is there"
        assert "quarantined_message.payload: 欧阳建华" in before
        said = commands.run("customer", "erase", "s1", "138-0013-8000", "--yes")
        assert "orders 1" in said
        assert find_in_tables(connection, *PERSON) == []
        assert connection.execute("select count(*) from quarantined_message").fetchone() == (0,)
        # The car and its history stay, and so does everybody else.
        assert connection.execute(
            "select vin, job_type, stage from work_order where work_order = 'RO-1'"
        ).fetchone() == (VIN, "repair", "repairing")
        assert connection.execute("select count(*) from trouble_code where vin = %s", [VIN]).fetchone() == (
            1,
        )
        assert connection.execute("select make, model from vehicle where vin = %s", [VIN]).fetchone() == (
            "Buick", "GL8",
        )  # fmt: skip
        assert connection.execute("select job, hours from work_order_line order by 1").fetchall() == [
            ("J1", 1.0), ("J2", None),
        ]  # fmt: skip
        assert connection.execute("select event_key, state from outbox_message order by 1").fetchall() == [
            ("sent", "sent"), ("waits", "cancelled"),
        ]  # fmt: skip
        assert find_in_tables(connection, "李四光", "13911112222", "沪B77777", "C0001")
        # Redelivered, corrected or computed again: the person does not come back.
        prepare_connection(connection)
        write(connection, [OPENED, say(9, "work-order", AGAIN)])
        assert find_in_tables(connection, *PERSON) == []
        # A new visit may name the person: it is a new one.
        write(
            connection,
            [say(10, "work-order", {"work_order": "RO-9", "change": "opened", "customer": CUSTOMER})],
        )
        assert find_in_tables(connection, NAME)
    written = (tmp_path / "erasures").read_text()
    assert not any(word in written for word in (*PERSON, "RO-1", VIN))


def test_a_restored_backup_brings_nobody_back(
    commands: Commands, tmp_path: Path, start_bayboard: StartCommand, empty_database_url: str
) -> None:
    commands.run("customer", "erase", "s1", REF, "--yes")
    migrate(empty_database_url)
    put_person(empty_database_url)
    restored = Commands(start_bayboard, empty_database_url, tmp_path / "erasures")
    assert "another BAYBOARD_SECRET_KEY" in restored.run("migrate", key=KEY[::-1], status=1)
    assert "1 orders erased again" in restored.run("migrate")
    with psycopg.connect(empty_database_url) as connection:
        assert find_in_tables(connection, *PERSON) == []
        assert find_in_tables(connection, "李四光")


def test_a_person_is_given_out_whole(commands: Commands) -> None:
    found = json.loads(commands.run("customer", "export", "s1", VIN))
    assert {"work_order", "work_order_change", "stage_scan", "outbox_message", "vehicle"} <= set(found)
    assert NAME in repr(found["work_order"])
    assert "李四光" not in repr(found)
    assert "no work order of s1 has" in commands.run("customer", "export", "s1", "C999", status=1)
    with psycopg.connect(commands.url) as connection:
        assert connection.execute(
            "select what, about, after from audit where what like 'customer%%'".replace("%%", "%")
        ).fetchall() == [("customer_exported", "s1", {"orders": 1})]


def test_the_dashboard_may_erase_and_others_may_not(commands: Commands) -> None:
    with psycopg.connect(as_role(commands.url, "serve"), autocommit=True) as connection:
        connection.execute("select erase_orders('s1', '{RO-1}', now())")
    with (
        psycopg.connect(as_role(commands.url, "ingest")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("select erase_orders('s1', '{RO-2}', now())")


def test_without_a_place_for_the_list_nobody_is_erased(
    database_url: str, start_bayboard: StartCommand
) -> None:
    status, lines = start_bayboard(
        "customer", "erase", "s1", REF, "--yes", BAYBOARD_DATABASE_URL=database_url
    ).finish()
    assert status == 1
    assert "BAYBOARD_ERASURES_FILE" in " ".join(lines)


def test_persons_and_messages_go_when_they_are_kept_no_longer(commands: Commands) -> None:
    rules = StoreRules.model_validate({"customers": {"keep_days": 30}, "outbox": {"keep_days": 30}})
    engine = connect_database(as_role(commands.url, "ingest"))
    with psycopg.connect(commands.url, autocommit=True) as connection:
        connection.execute("update outbox_message set settled_at = %s where event_key = 'sent'", [NOON])
        connection.execute("update work_order set closed_at = %s", [NOON])
        connection.execute("update work_order set closed_at = null where work_order = 'RO-2'")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as pruning:
            assert prune_store(pruning, rules, NOON + timedelta(days=29)) == {"sign_in_attempts": 1}
            gone = prune_store(pruning, rules, NOON + timedelta(days=31))
        engine.dispose()
        assert gone == {"outbox_message": 1, "work_order": 1}
        assert find_in_tables(connection, *PERSON) == []
        assert find_in_tables(connection, "李四光"), "who is here now stays"


def test_the_person_of_an_old_visit_stays_while_another_visit_is_newer(commands: Commands) -> None:
    engine = connect_database(as_role(commands.url, "ingest"))
    with psycopg.connect(commands.url, autocommit=True) as connection:
        prepare_connection(connection)
        newer = {"work_order": "RO-9", "change": "opened", "customer": CUSTOMER}
        write(connection, [say(10, "work-order", newer)])
        connection.execute("update work_order set closed_at = %s where work_order = 'RO-1'", [NOON])
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as pruning:
            assert "work_order" not in prune_store(pruning, StoreRules(), NOON + timedelta(days=2000))
        engine.dispose()
        assert find_in_tables(connection, NAME)
