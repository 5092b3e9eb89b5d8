"""`bayboard doctor`: well is said of what is well, and of each thing that is not, what to do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bayboard.doctor.broker import check_broker
from bayboard.doctor.database import (
    Finding,
    Verdict,
    check_clock,
    check_devices,
    check_ingest,
    check_quarantine,
    check_quotas,
    check_schema,
    check_site,
    check_store,
)
from bayboard.doctor.outbox import check_channels, check_outbox
from config.channels import Channel
from config.settings import DEFAULT_WORKSHOP_FILE, Settings
from config.workshop import load_workshop
from models.database.engine import connect_database
from models.domain.device.health import DeviceRow
from models.timescale.edition import detect_database
from tests.fixtures.broker import Broker
from tests.fixtures.ingest import StartIngest
from tests.fixtures.processes import StartCommand

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
# Saturday noon in Shanghai: open.
NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
DAY = timedelta(days=1)
DEVICE = DeviceRow(
    site="s1",
    device="bay-B07",
    source="scanner",
    registered=True,
    added_at=NOW,
    revoked_at=None,
    vin=None,
    online=True,
    since=NOW,
    firmware=None,
    last_received_at=NOW,
    offset_seconds=0.2,
    messages_per_minute=1,
    quarantined=0,
    calibration_due=None,
)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = connect_database(database_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
    engine.dispose()


def verdicts(findings: Sequence[Finding]) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in findings}


def test_a_line_says_what_to_do() -> None:
    finding = Finding("schema", Verdict.WRONG, "at 0001", "run `bayboard migrate`")
    assert str(finding) == "WRONG  schema: at 0001; run `bayboard migrate`"


@pytest.mark.every_database
def test_a_fresh_database_is_well(connection: Connection) -> None:
    findings = [
        check_schema(connection),
        check_clock(connection, datetime.now(UTC)),
        check_store(connection, detect_database(connection), WORKSHOP),
        check_quarantine(connection, 0.5),
        check_quotas(connection),
    ]
    assert set(verdicts(findings).values()) == {Verdict.OK}


def test_an_old_schema_is_wrong(connection: Connection) -> None:
    connection.execute(text("update alembic_version set version_num = '0001'"))
    assert "at 0001" in str(check_schema(connection))
    assert check_schema(connection).verdict is Verdict.WRONG


def test_servers_whose_clocks_differ_are_wrong(connection: Connection) -> None:
    finding = check_clock(connection, datetime.now(UTC) - timedelta(minutes=2))
    assert finding.verdict is Verdict.WRONG
    assert "+120" in finding.says


def test_nobody_ingesting_is_wrong(connection: Connection) -> None:
    assert check_ingest(connection).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("newest", "verdict"),
    [
        (None, Verdict.LOOK),
        (NOW - timedelta(minutes=59), Verdict.OK),
        (NOW - timedelta(minutes=61), Verdict.WRONG),
    ],
)
def test_silence_of_a_site_is_judged_by_its_opening_hours(newest: datetime | None, verdict: Verdict) -> None:
    assert check_site(SITE, newest, NOW).verdict is verdict


def test_a_closed_site_may_be_silent_all_night() -> None:
    closes, opens = datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 21, 0, tzinfo=UTC)
    assert check_site(SITE, closes, opens).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("device", "expected", "named"),
    [
        (DEVICE, {"devices": Verdict.OK, "device clocks": Verdict.OK}, "1 registered"),
        (
            replace(DEVICE, online=False),
            {"devices": Verdict.LOOK, "device clocks": Verdict.OK},
            "offline: s1",
        ),
        (
            replace(DEVICE, last_received_at=None, online=None, offset_seconds=None),
            {"devices": Verdict.LOOK, "device clocks": Verdict.OK},
            "never heard: s1/bay-B07",
        ),
        (
            replace(DEVICE, offset_seconds=-28800.0),
            {"devices": Verdict.OK, "device clocks": Verdict.LOOK},
            "s1/bay-B07 by +28800 s",
        ),
        (
            replace(DEVICE, offset_seconds=100000.0),
            {"devices": Verdict.OK, "device clocks": Verdict.WRONG},
            "s1/bay-B07 by -100000 s",
        ),
        (
            replace(DEVICE, revoked_at=NOW, online=False),
            {"devices": Verdict.OK, "device clocks": Verdict.OK},
            "0 registered",
        ),
    ],
)
def test_devices_are_judged_by_how_they_are_heard(
    device: DeviceRow, expected: dict[str, Verdict], named: str
) -> None:
    findings = list(check_devices([device], DAY))
    assert verdicts(findings) == expected
    assert any(named in finding.says for finding in findings)


def test_refused_messages_are_worth_a_look_and_wrong_when_they_dominate(connection: Connection) -> None:
    connection.execute(
        text(
            "insert into quarantined_message (digest, received_at, topic, payload, reason, status)"
            " values ('a', now(), 't', '', 'r', 'new')"
        )
    )
    assert check_quarantine(connection, 0.5).verdict is Verdict.WRONG
    connection.execute(
        text(
            "insert into device_state (site, device, source, last_received_at, messages, messages_per_minute)"
            " values ('s1', 'd', 'scanner', now(), 99, 1)"
        )
    )
    assert "1 waiting, 1.0%" in str(check_quarantine(connection, 0.5))
    assert check_quarantine(connection, 0.5).verdict is Verdict.LOOK


def test_a_device_that_sent_more_than_it_may_is_wrong_and_named(connection: Connection) -> None:
    connection.execute(
        text(
            "insert into quarantined_message"
            " (digest, received_at, topic, payload, reason, status, site, device)"
            " values ('q', now(), 't', '', 'quota: this device sent more', 'new', 's1', 'bay-B05')"
        )
    )
    finding = check_quotas(connection)
    assert finding.verdict is Verdict.WRONG
    assert "s1/bay-B05 sent more" in finding.says
    assert "bayboard device revoke" in finding.advice


def test_a_broker_that_is_not_there_is_wrong(free_port: Callable[[], int]) -> None:
    finding = check_broker(f"mqtt://127.0.0.1:{free_port()}", None)
    assert finding.verdict is Verdict.WRONG
    assert "does not answer" in finding.says


def test_a_broker_that_refuses_our_password_is_wrong(mosquitto_broker: Broker) -> None:
    assert check_broker(mosquitto_broker.url, None).verdict is Verdict.OK
    finding = check_broker(f"mqtt://bayboard:wrong@127.0.0.1:{mosquitto_broker.port}", None)
    assert finding.verdict is Verdict.WRONG
    assert "refuses us" in finding.says


def test_a_channel_that_lacks_its_secret_is_wrong_and_none_is_worth_a_look() -> None:
    channel = Channel.model_validate(
        {"name": "foremen", "url": "wecombot://${WECOM_KEY}", "audience": "foreman"}
    )
    workshop = WORKSHOP.model_copy(update={"channels": (channel,)})
    [finding] = check_channels(Settings(), workshop, {})
    assert finding.verdict is Verdict.WRONG
    assert "WECOM_KEY" in finding.says
    [finding] = check_channels(Settings(), workshop, {"WECOM_KEY": "0123456789abcdef0123456789abcdef"})
    assert (finding.verdict, finding.says) == (Verdict.OK, "foremen")
    [finding] = check_channels(Settings(), WORKSHOP.model_copy(update={"channels": ()}), {})
    assert finding.verdict is Verdict.LOOK


def test_messages_that_wait_in_vain_or_could_not_be_delivered_are_worth_a_look(
    connection: Connection,
) -> None:
    connection.execute(
        text(
            "insert into outbox_message (event_key, site, recipient_role, template, lang, payload,"
            " created_at, due_at, state, attempts) values"
            " ('a', 's1', 'foreman', 't', 'en', '{}', :at, :at, 'waiting', 0),"
            " ('b', 's1', 'foreman', 't', 'en', '{}', :at, :at, 'dead', 8)"
        ),
        {"at": NOW},
    )
    assert "in vain" not in str(check_outbox(connection, NOW))
    finding = check_outbox(connection, NOW + timedelta(minutes=16))
    assert finding.verdict is Verdict.LOOK
    assert "no engine" in finding.says
    assert "in vain: 1, messages that could not be delivered: 1" in finding.says


def test_a_system_that_runs_is_well_and_one_without_ingest_is_not(
    iotcore_broker: Broker,
    database_url: str,
    start_ingest: StartIngest,
    start_bayboard: StartCommand,
) -> None:
    environment = {"BAYBOARD_MQTT_URL": iotcore_broker.url, "BAYBOARD_DATABASE_URL": database_url}
    ingest = start_ingest(iotcore_broker, database_url)
    status, lines = start_bayboard("doctor", **environment).finish()
    assert (status, [line for line in lines if line.startswith("WRONG")]) == (0, [])
    ingest.stop()
    status, lines = start_bayboard("doctor", **environment).finish()
    assert status == 1
    assert "start `bayboard ingest`" in "\n".join(lines)
    assert lines[-1] == "bayboard: one of these is wrong"


def test_what_is_not_set_or_valid_is_named_and_the_rest_still_checked(
    start_bayboard: StartCommand, tmp_path: Path, database_url: str
) -> None:
    path = tmp_path / "workshop.toml"
    path.write_text(DEFAULT_WORKSHOP_FILE.read_text().replace("keep_days = 3650", "keep_days = 0"))
    status, lines = start_bayboard(
        "doctor", BAYBOARD_WORKSHOP_FILE=str(path), BAYBOARD_DATABASE_URL=database_url
    ).finish()
    said = "\n".join(lines)
    assert status == 1
    assert "store.scans.keep_days: must be at least 366 days" in said
    assert "BAYBOARD_MQTT_URL is not set" in said
    assert "ok     schema" in said
