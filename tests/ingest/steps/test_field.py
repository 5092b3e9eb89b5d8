"""Inputs of real devices that were taken badly, from reports of people who run other software, put right.

The rows bear the ids of the collection; those of odometers, adapters and messages are tested beside them.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import Batch, sort_messages
from ingest.steps.rows import COLUMNS
from models.contract.values import MOST_MILEAGE

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))
AT = "2026-12-01T05:30:00Z"
SCAN: dict[str, Any] = {"id": "1", "at": AT, "work_order": "RO-1", "stage": "repairing", "bay": "B09"}
ORDER: dict[str, Any] = {"id": "1", "at": AT, "work_order": "RO-1", "change": "opened"}
REPORT: dict[str, Any] = {"id": "1", "at": AT, "vin": "LSVAU2A37N2183294"}
READING: dict[str, Any] = {"id": "1", "at": AT, "vin": "V1", "odometer": {"value": 45210, "unit": "km"}}
TOPICS = {
    "stage": "scanner/bay-1",
    "work-order": "dms/dms",
    "report": "diagnostic/diag-1",
    "odometer": "telematics/gw-1",
    "status": "telematics/gw-1",
}


def sort(*sent: tuple[str, Mapping[str, Any] | bytes]) -> Batch:
    return sort_messages(
        [
            ReceivedMessage(
                f"workshop/v1/s1/{TOPICS[kind]}/{kind}",
                payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
                NOW,
                packet_id=number,
                connection=1,
                live=True,
            )
            for number, (kind, payload) in enumerate(sent)
        ],
        RULES,
    )


def take(kind: str, payload: Mapping[str, Any] | bytes, table: str) -> dict[str, Any]:
    """Return the first row that a message becomes in a table."""
    batch = sort((kind, payload))
    assert batch.refusals == []
    return dict(zip(COLUMNS[table], batch.rows[table][0], strict=True))


def list_notes(row: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    notes = row["notes"].obj if row["notes"] else []
    return [(note["field"], note["sent"], note["reason"] is not None) for note in notes]


def refuse(kind: str, payload: Mapping[str, Any] | bytes) -> str:
    batch = sort((kind, payload))
    assert batch.rows == {}
    return batch.refusals[0].reason


@pytest.mark.parametrize(
    ("off_seconds", "readings", "reason"),
    [
        (
            90,
            [{"at": "0001-01-01T00:00:00Z", "value": 45210, "vin": "LSVAU2A37N2183294"}],
            "readings[0].at: 0001",
        ),
        (
            -30,
            [{"at": AT, "value": 1, "vin": "V1"}, {"at": "9999-12-31T23:59:59Z", "value": 2, "vin": "V1"}],
            "readings[1].at: 9999",
        ),
    ],
    ids=["A1", "A2"],
)
def test_no_date_ends_ingest(off_seconds: int, readings: list[dict[str, Any]], reason: str) -> None:
    clock = {"at": (NOW + timedelta(seconds=off_seconds)).isoformat(), "state": "online"}
    batch = sort(
        ("status", clock), ("odometer", {"id": "1", "unit": "km", "readings": readings}), ("stage", SCAN)
    )
    [refusal] = batch.refusals
    assert refusal.reason.startswith(reason)
    assert set(batch.rows) == {"device_status", "stage_scan"}


@pytest.mark.parametrize("depth", [40, 2000, 100_000])
def test_no_depth_ends_ingest(depth: int) -> None:
    nested = json.dumps(SCAN)[:-1].encode() + b',"extra":' + b"[" * depth + b"]" * depth + b"}"
    assert refuse("stage", nested) == "payload: nested deeper than 32 levels"


@pytest.mark.parametrize(
    ("value", "unit"), [(3.4028234663852886e38, "km"), (1.7976931348623157e308, "mi")], ids=["A4", "A5"]
)
def test_no_mileage_is_larger_than_a_page_can_show(value: float, unit: str) -> None:
    row = take("odometer", READING | {"odometer": {"value": value, "unit": unit}}, "odometer_reading")
    assert row["value"] == MOST_MILEAGE
    assert list_notes(row) == [("odometer.value", json.dumps(value), False)]


def test_d1_a_scan_of_years_ago_is_too_old() -> None:
    reason = refuse("stage", SCAN | {"at": "2007-04-16T05:00:00Z"})
    assert reason == "at: 2007-04-16T05:00:00+00:00 is 7169 days old; up to 400 days are taken"
    assert refuse("odometer", READING | {"at": "2016-04-16T05:00:00Z"}).endswith("up to 3650 days are taken")
    assert take("odometer", READING | {"at": "2019-04-16T05:00:00Z"}, "odometer_reading")


@pytest.mark.parametrize(
    "at", ["2026-12-01T13:30:00", "2026/12/1 13:30:00", "2026-12-01 13:30:00+08", "2026-12-01T13:30:00+0800"]
)
def test_d2_d4_a_time_is_the_sites_where_it_says_no_zone(at: str) -> None:
    assert take("stage", SCAN | {"at": at}, "stage_scan")["at"] == datetime(2026, 12, 1, 5, 30, tzinfo=UTC)


def test_d7_a_day_may_be_a_time() -> None:
    row = take(
        "work-order", ORDER | {"vehicle": {"in_service_on": "2021-03-04T00:00:00"}}, "work_order_change"
    )
    assert row["change"].obj["vehicle"] == {"in_service_on": date(2021, 3, 4).isoformat()}


@pytest.mark.parametrize("sent", ["RO-157\r", "]C1RO-157", "\u0002RO-157\u0003", "ＲＯ－１５７", "ro-157"])
def test_e1_a_work_order_has_one_name_and_what_was_sent_is_kept(sent: str) -> None:
    row = take("stage", SCAN | {"work_order": sent}, "stage_scan")
    assert row["work_order"] == "RO-157"
    assert list_notes(row) == [("work_order", sent, False)]


@pytest.mark.parametrize(
    ("sent", "bay"), [("B12\r", "B12"), ("b11", "B11"), ("Ｂ０３", "B03"), ("B03 ", "B03"), ("x9", "X9")]
)
def test_e2_a_bay_has_one_name(sent: str, bay: str) -> None:
    assert take("stage", SCAN | {"bay": sent}, "stage_scan")["bay"] == bay


@pytest.mark.parametrize(
    "sent", ["lfieldvin00000001", "LFIELDVIN00000001\r", "LFIELDVIN 0000 0001", "ILFIELDVIN00000001"]
)
def test_e3_e4_a_vehicle_has_one_name(sent: str) -> None:
    assert take("odometer", READING | {"vin": sent}, "odometer_reading")["vin"] == "LFIELDVIN00000001"
    change = take("work-order", ORDER | {"vehicle": {"vin": sent}}, "work_order_change")["change"].obj
    assert change["vehicle"]["vin"] == "LFIELDVIN00000001"


@pytest.mark.parametrize("sent", ["00000000000000000", "N/A", "null", "", None])
def test_e5_f3_what_stands_in_for_a_vin_is_no_vin(sent: str | None) -> None:
    change = take("work-order", ORDER | {"vehicle": {"vin": sent, "plate": "沪A88888"}}, "work_order_change")[
        "change"
    ].obj
    assert change["vehicle"] == {"vin": None, "plate": "沪A88888"}
    assert refuse("odometer", READING | {"vin": sent}).startswith("vin: missing")


@pytest.mark.parametrize("code", ["P0301", "p0301", "P0301-00", "P0301:00", "P030100", "P0301 "])
def test_e6_a_fault_has_one_code(code: str) -> None:
    report = REPORT | {"dtcs": [{"code": code, "status": "confirmed"}]}
    assert take("report", report, "trouble_code")["code"] == "P0301"


def test_e7_p0000_is_no_fault() -> None:
    batch = sort(("report", REPORT | {"dtcs": [{"code": "P0000", "status": "confirmed"}]}))
    assert (set(batch.rows), batch.refusals) == ({"diagnostic_report"}, [])


def test_f3_empty_text_means_not_known() -> None:
    assert take("stage", SCAN | {"bay": "", "technician": None, "reason": " "}, "stage_scan") | {
        "at": None
    } == take("stage", {key: SCAN[key] for key in SCAN if key != "bay"}, "stage_scan") | {"at": None}
    order = ORDER | {"vehicle": {"vin": ""}, "customer": {"ref": "", "name": "Li"}}
    change = take("work-order", order, "work_order_change")["change"].obj
    assert (change["vehicle"], change["customer"]) == ({"vin": None}, {"ref": None, "name": "Li"})


@pytest.mark.parametrize("status", ["stored", "active", "history", "Confirmed", "0x2F"])
def test_f6_a_status_of_a_code_has_many_words(status: str) -> None:
    report = REPORT | {"dtcs": [{"code": "P0301", "status": status}]}
    assert take("report", report, "trouble_code")["status"] == "confirmed"


def test_f6_codes_may_be_a_plain_list_and_one_bad_code_loses_no_other() -> None:
    report = REPORT | {"dtcs": ["P0301", {"code": "P0420", "status": "odd"}, 7]}
    batch = sort(("report", report))
    assert [row[COLUMNS["trouble_code"].index("code")] for row in batch.rows["trouble_code"]] == [
        "P0301",
        "P0420",
    ]
    row = dict(zip(COLUMNS["diagnostic_report"], batch.rows["diagnostic_report"][0], strict=True))
    assert [field for field, _, _ in list_notes(row)] == ["dtcs[1].status", "dtcs[2]"]


@pytest.mark.parametrize(
    ("before", "after"), [(b"\xef\xbb\xbf", b""), (b"", b"\0"), (b"", b"\0\0\n")], ids=["F7", "F8", "F8n"]
)
def test_f7_f8_marks_around_json_are_no_json(before: bytes, after: bytes) -> None:
    assert take("stage", before + json.dumps(SCAN).encode() + after, "stage_scan")["work_order"] == "RO-1"


@pytest.mark.parametrize(("unit", "km"), [("KM", 45210), ("miles", 45210 * 1.609344), ("公里", 45210)])
def test_f10_a_unit_has_many_words(unit: str, km: float) -> None:
    row = take("odometer", READING | {"odometer": {"value": 45210, "unit": unit}}, "odometer_reading")
    assert row["km"] == pytest.approx(km)


def test_an_optional_field_that_cannot_be_read_is_left_out_and_noted() -> None:
    row = take(
        "work-order",
        ORDER | {"promised_at": "31.02.2026", "job_type": "oil", "advisor": "Li"},
        "work_order_change",
    )
    assert row["change"].obj == {"change": "opened", "advisor": "Li"}
    assert list_notes(row) == [("job_type", "oil", True), ("promised_at", "31.02.2026", True)]


def test_an_odometer_that_cannot_be_read_leaves_its_report() -> None:
    row = take("report", REPORT | {"odometer": {"value": "many", "unit": "km"}}, "diagnostic_report")
    assert list_notes(row) == [("odometer", '{"value": "many", "unit": "km"}', True)]


@pytest.mark.parametrize("name", ["In repair", "维修中", "REPAIRING", "repairing\r"])
def test_a_stage_may_be_called_by_its_names(name: str) -> None:
    assert take("stage", SCAN | {"stage": name}, "stage_scan")["stage"] == "repairing"
