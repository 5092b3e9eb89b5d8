"""The registry of devices: at a terminal, as a query, and on the sheet that goes with a device."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from rich.console import Console

from bayboard.device.sheet import Credentials, SheetError, draw_qr, save_qr, write_sheet
from bayboard.device.table import draw_devices
from models.contract.payloads import DeviceStatus, decode
from models.contract.topics import KINDS_OF_SOURCE, Kind, Source, parse_topic
from models.domain.device.health import DeviceRow
from models.queries.device.health import read_devices
from tests.fixtures.processes import RunningCommand, StartCommand
from tests.rig.asking import ask

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
Run = Callable[..., RunningCommand]


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def read(database_url: str, *sites: str) -> list[DeviceRow]:
    return ask(database_url, lambda connection: read_devices(connection, sites or None))


@pytest.fixture
def execute(database_url: str) -> Iterator[Callable[..., None]]:
    with psycopg.connect(database_url, autocommit=True) as connection:

        def run(statement: LiteralString, *rows: tuple[object, ...]) -> None:
            connection.cursor().executemany(statement, rows)

        yield run


Execute = Callable[..., None]
REGISTER: LiteralString = (
    "insert into device (site, device, source, password_hash, vin, added_at, revoked_at)"
    " values (%s, %s, %s, 'a hash', %s, %s, %s)"
)
HEAR: LiteralString = (
    "insert into device_state (site, device, source, last_received_at, messages,"
    " messages_per_minute, offset_seconds) values (%s, %s, %s, %s, 1, %s, %s)"
)
SAY: LiteralString = (
    "insert into device_status (site, source, device, at, state, received_at, firmware)"
    " values (%s, %s, %s, %s, %s, %s, %s)"
)
REFUSE: LiteralString = (
    "insert into quarantined_message (digest, received_at, topic, payload, reason, status, site, device)"
    " values (%s, now(), 'topic', '', 'reason', %s, %s, %s)"
)
REPORT: LiteralString = (
    "insert into diagnostic_report (site, device, event_id, at, received_at, corrected_at, vin,"
    " measurements, tool_calibration_due) values (%s, %s, %s, %s, now(), now(), 'V1', '[]', %s)"
)


@pytest.mark.every_database
def test_everything_known_of_a_device_is_one_row(database_url: str, execute: Execute) -> None:
    execute(REGISTER, ("s1", "x431", "diagnostic", None, at(-60), None))
    execute(HEAR, ("s1", "x431", "diagnostic", at(-1), 2.5, -3.5))
    execute(SAY, ("s1", "diagnostic", "x431", at(-30), "online", at(-29), "1.2"))
    execute(REFUSE, (b"1", "new", "s1", "x431"), (b"2", "new", "s1", "x431"))
    execute(REFUSE, (b"3", "discarded", "s1", "x431"), (b"4", "new", None, None))
    execute(REPORT, ("s1", "x431", "1", at(-20), date(2026, 12, 1)), ("s1", "x431", "2", at(-10), None))
    assert read(database_url) == [
        DeviceRow(
            site="s1",
            device="x431",
            source="diagnostic",
            registered=True,
            added_at=at(-60),
            revoked_at=None,
            vin=None,
            online=True,
            since=at(-29),
            firmware="1.2",
            last_received_at=at(-1),
            offset_seconds=-3.5,
            messages_per_minute=2.5,
            quarantined=2,
            calibration_due=date(2026, 12, 1),
        )
    ]


@pytest.mark.every_database
def test_a_last_will_counts_by_when_it_came_not_by_the_time_it_carries(
    database_url: str, execute: Execute
) -> None:
    execute(REGISTER, ("s1", "bay-B07", "scanner", None, at(-60), None))
    execute(SAY, ("s1", "scanner", "bay-B07", at(-50), "online", at(-50), None))
    execute(SAY, ("s1", "scanner", "bay-B07", at(-50), "offline", at(-10), None))
    assert [(row.online, row.since) for row in read(database_url)] == [(False, at(-10))]
    execute(SAY, ("s1", "scanner", "bay-B07", at(-900), "online", at(-5), None))  # its clock went back
    assert [(row.online, row.since) for row in read(database_url)] == [(True, at(-5))]


@pytest.mark.every_database
def test_a_device_is_listed_however_it_became_known_and_each_once(
    database_url: str, execute: Execute
) -> None:
    execute(REGISTER, ("s1", "silent", "scanner", None, at(-60), None))
    execute(REGISTER, ("s1", "gone", "telematics", "V1", at(-60), at(-30)))
    execute(HEAR, ("s1", "stranger", "dms", at(-1), 1.0, None))
    execute(HEAR, ("s2", "silent", "scanner", at(-1), 1.0, None))
    execute(SAY, ("s1", "telematics", "gone", at(-50), "online", at(-50), None))
    execute(REFUSE, (b"1", "new", "s1", "garbled"))
    rows = {(row.site, row.device): row for row in read(database_url)}
    assert list(rows) == [
        ("s1", "garbled"), ("s1", "gone"), ("s1", "silent"), ("s1", "stranger"), ("s2", "silent"),
    ]  # fmt: skip
    assert [row.registered for row in rows.values()] == [False, True, True, False, False]
    assert [row.source for row in rows.values()] == [None, "telematics", "scanner", "dms", "scanner"]
    assert [row.online for row in rows.values()] == [None, False, None, None, None]
    assert rows["s1", "gone"].vin == "V1"


def test_only_the_sites_that_are_asked_for_are_read(database_url: str, execute: Execute) -> None:
    for site in ("s1", "s2", "s3"):
        execute(HEAR, (site, "dms", "dms", at(-1), 1.0, None))
    assert [row.site for row in read(database_url, "s1", "s3")] == ["s1", "s3"]
    assert len(read(database_url)) == 3


@pytest.fixture
def device(start_bayboard: StartCommand, database_url: str) -> Run:
    """Run `bayboard device …` to its end."""

    def run(*arguments: str, **environment: str) -> RunningCommand:
        command = start_bayboard("device", *arguments, BAYBOARD_DATABASE_URL=database_url, **environment)
        command.wait()
        return command

    return run


def test_a_device_is_added_once_revoked_and_added_again(device: Run) -> None:
    add = ("add", "s1", "scanner", "bay-B07", "--url", "mqtts://broker.example")
    first = device(*add)
    assert first.wait() == 0
    for line in ("host +broker.example", "port +8883", "user name +s1/bay-B07", "client id +s1/bay-B07"):
        first.wait_for_line(f"^  {line}$")
    again = device(*add)
    assert again.wait() == 1
    again.wait_for_line("^bayboard: s1/bay-B07 is registered already; --again gives it a new password$")
    assert device(*add, "--again").wait() == 0
    assert device("revoke", "s1", "bay-B07").wait() == 0
    twice = device("revoke", "s1", "bay-B07")
    assert twice.wait() == 1
    twice.wait_for_line("^bayboard: s1/bay-B07 is not registered, or is revoked already$")
    assert device(*add).wait() == 0


def test_a_device_is_known_by_the_id_that_its_messages_use_until_it_is_revoked(device: Run) -> None:
    add = ("add", "s1", "telematics", "--url", "mqtt://broker.example", "--vin", "lsvau2a37n2183294")
    assert device(*add, "golf", "--known-as", "+8613800000000").wait() == 0
    device("list").wait_for_line(r"s1 .* golf \(\+8613800000000\) .* telematics")
    taken = device(*add, "polo", "--known-as", "+8613800000000")
    assert taken.wait() == 1
    taken.wait_for_line(r"^bayboard: \+8613800000000 is s1/golf; revoke that one first$")
    assert device(*add, "polo", "--known-as", "golf").wait() == 1
    assert device(*add, "polo", "--known-as", "POLO-7").wait() == 0
    assert device(*add, "POLO-7").wait() == 1
    assert device("revoke", "s1", "polo").wait() == 0
    assert device("revoke", "s1", "golf").wait() == 0
    assert device(*add, "polo", "--known-as", "+8613800000000").wait() == 0
    listed = json.loads("".join(device("list", "--json").lines))
    assert [(row["device"], row["known_as"], row["vin"]) for row in listed] == [
        ("golf", None, "LSVAU2A37N2183294"),
        ("polo", "+8613800000000", "LSVAU2A37N2183294"),
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("s 1", "scanner", "bay-B07"), "site 's 1' is not 1 to 64 of"),
        (("s1", "scanner", "bay/B07"), "is not workshop/v1"),
        (("s1", "scanner", "bay-#"), "device 'bay-#' is not 1 to 64 of"),
        (("s1", "toaster", "bay-B07"), "'toaster' is not one of 'scanner'"),
        (("s1", "scanner", "bay-B07", "--vin", "V1"), "a scanner is not built into a vehicle"),
        (("s1", "telematics", "gw", "--vin", "00000000000000000"), "is no number of a vehicle"),
        (("s1", "telematics", "gw", "--known-as", " "), "is empty, or stands for an unknown id"),
        (("s1", "scanner", "bay-B07", "--url", "http://broker"), "must look like mqtt://"),
        (("s1", "scanner", "bay-B07"), "say where the device finds the broker"),
    ],
)
def test_what_cannot_be_a_device_is_wrong_usage(
    start_bayboard: StartCommand, arguments: tuple[str, ...], complaint: str
) -> None:
    nowhere = "postgresql://127.0.0.1:1/nowhere"
    refused = start_bayboard(
        "device", "add", *arguments, BAYBOARD_DATABASE_URL=nowhere, COLUMNS="200", TERM="dumb"
    )
    assert refused.wait() == 2
    refused.wait_for_line(re.escape(complaint))


def test_a_device_finds_the_broker_where_we_do_but_not_as_we_do(device: Run) -> None:
    added = device(
        "add", "s1", "dms", "dms", BAYBOARD_MQTT_URL="mqtt://ingest:our-secret@broker.example:1999"
    )
    added.wait_for_line("^  host +broker.example$")
    added.wait_for_line("^  port +1999$")
    assert not any("our-secret" in line for line in added.lines)


def test_the_list_shows_a_line_each_and_all_of_it_as_json(
    device: Run, database_url: str, execute: Execute
) -> None:
    execute(REGISTER, ("s1", "bay-B07", "scanner", None, at(-60), None))
    execute(HEAR, ("s2", "dms", "dms", at(-1), 1.0, None))
    listed = device("list")
    listed.wait_for_line("s1 .* bay-B07 .* scanner .* 2026-11-21")
    listed.wait_for_line("s2 .* dms .* not registered")
    one_site = device("list", "--site", "s2", "--json")
    [found] = json.loads("\n".join(one_site.lines))
    assert found == json.loads(json.dumps(asdict(read(database_url, "s2")[0]), default=as_rfc_3339))


def as_rfc_3339(time: object) -> str:
    assert isinstance(time, datetime)
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("arguments", [("list",), ("revoke", "s1", "x"), ("add", "s1", "dms", "dms")])
def test_a_database_without_our_tables_is_a_sentence(
    start_bayboard: StartCommand, empty_database_url: str, arguments: tuple[str, ...]
) -> None:
    command = start_bayboard(
        "device", *arguments, BAYBOARD_DATABASE_URL=empty_database_url, BAYBOARD_MQTT_URL="mqtt://broker"
    )
    assert command.wait() == 1
    assert command.lines == ["bayboard: the database has not our tables yet: run `bayboard migrate`"]


def describe(device: DeviceRow) -> list[str]:
    screen = StringIO()
    Console(file=screen, width=200).print(draw_devices([device], NOW))
    cells = screen.getvalue().splitlines()[3].split("│")[1:-1]
    return [cell.strip() for cell in cells]


def test_a_line_of_the_list_says_ages_and_what_is_wrong() -> None:
    silent = DeviceRow(
        "s1", "x", "scanner", True, NOW, None, None, None, None, None, None, None, None, 0, None
    )  # fmt: skip
    assert describe(silent) == ["s1", "x", "scanner", "2026-11-21", "", "", "", "", "", "", ""]
    busy = DeviceRow(
        "s1", "x", "diagnostic", False, None, NOW, None, False, at(-90), "1", at(-0.2), 200.0, 1.25, 3,
        date(2026, 11, 20),
    )  # fmt: skip
    assert describe(busy) == [
        "s1", "x", "diagnostic", "not registered", "2026-11-21", "offline for 1 h", "12 s ago",
        "3 min behind", "1.2", "3", "2026-11-20 (overdue)",
    ]  # fmt: skip


def credentials(source: Source, url: str = "mqtt://broker.example") -> Credentials:
    return Credentials(url, "s1", source, "device-1", "the-password")


@pytest.mark.parametrize("source", Source)
def test_every_example_on_the_sheet_is_one_that_ingest_accepts(source: Source) -> None:
    sheet = write_sheet(credentials(source), NOW)
    examples = re.findall(r"topic +(\S+)\n +(?:payload|will) +(\S.*)", sheet)
    kinds = []
    for topic_text, payload in examples:
        topic = parse_topic(topic_text)
        decode(topic.kind, payload.encode())
        assert (topic.site, topic.source, topic.device) == ("s1", source, "device-1")
        kinds.append(topic.kind)
    assert sorted(kinds) == sorted([*KINDS_OF_SOURCE[source], Kind.STATUS])
    will = decode(Kind.STATUS, examples[-1][1].encode())
    assert isinstance(will, DeviceStatus)
    assert will.state == "offline"


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("mqtt://broker.example", "1883", "no"),
        ("mqtts://broker.example", "8883", "yes"),
        ("mqtts://broker.example:443", "443", "yes"),
    ],
)
def test_the_sheet_says_where_the_broker_is(url: str, port: str, tls: str) -> None:
    sheet = write_sheet(credentials(Source.SCANNER, url), NOW)
    assert re.search(rf"(?m)^  host +broker\.example\n  port +{port}\n  TLS +{tls}", sheet)
    assert "the-password" in sheet


def test_the_qr_code_is_drawn_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    assert len(draw_qr(credentials(Source.SCANNER)).splitlines()) > 20
    for name, beginning in (("code.png", b"\x89PNG"), ("code.svg", b"<?xml")):
        (tmp_path / name).write_text("an older code, for everybody")
        save_qr(credentials(Source.SCANNER), tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(beginning)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    with pytest.raises(SheetError, match=r"no \.png or \.svg file"):
        save_qr(credentials(Source.SCANNER), tmp_path / "code.gif")
    with pytest.raises(SheetError, match="cannot be written"):
        save_qr(credentials(Source.SCANNER), tmp_path / "nowhere" / "code.png")


def test_a_qr_code_that_cannot_be_written_leaves_the_device_as_it_was(
    device: Run, database_url: str, tmp_path: Path
) -> None:
    refused = device("add", "s1", "dms", "dms", "--url", "mqtt://b", "--qr", str(tmp_path / "no" / "c.svg"))
    assert refused.wait() == 1
    assert read(database_url) == []


def test_the_rate_of_a_device_that_fell_silent_decays() -> None:
    heard_at = datetime(2026, 11, 21, 8, tzinfo=UTC)
    device = DeviceRow(
        site="s1",
        device="gw",
        source="telematics",
        registered=True,
        added_at=None,
        revoked_at=None,
        vin=None,
        online=True,
        since=None,
        firmware=None,
        last_received_at=heard_at,
        offset_seconds=None,
        messages_per_minute=60.0,
        quarantined=0,
        calibration_due=None,
    )
    assert device.rate_at(heard_at) == 60
    assert device.rate_at(heard_at + timedelta(minutes=5)) == pytest.approx(60 / math.e)
    assert replace(device, last_received_at=None).rate_at(heard_at) is None
