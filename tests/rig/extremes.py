# ruff: noqa: E501  # rows of tables are read best as rows
"""Stored values that no contract lets through: of every table's every column, and stories of cars with one of each.

Older versions and other programs write to the same tables, so pages must show them all. The tables and columns are
read from the schema: a new one gets extreme values without being named here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Double, LargeBinary, SmallInteger, Text
from sqlalchemy import BigInteger as Big
from sqlalchemy import Integer as Int
from sqlalchemy.dialects.postgresql import JSONB

from models.schema.metadata import metadata

Row = dict[str, Any]

TEXTS = (
    "", " ", "\x01\x02\x1b[31m\x7f\r\n\t", "\u202e\u0645\u0631\u062d\u0628\u0627\u200b\ufeff", "🚗🔧👩\u200d🔧",
    "名" * 10_000, "W" * 10_000, "<script>alert(1)</script>", "{{x}} {0} {name!r} %s %(a)d ${y} {", '=1+HYPERLINK("x")',
    "a/b", "..", "100%", "a?b=c#d&e", "O'Brien\" \\", "null", "NaN", "-1e999", "true", "type:nothing:", "\U0010ffff",
)  # fmt: skip
FLOATS = (0.0, -1.0, 1e-320, 3.4028234663852886e38, 1.7976931348623157e308, -1.7976931348623157e308,
          "Infinity", "-Infinity", "NaN", 1e15)  # fmt: skip
INTEGERS = (-32768, 0, 32767, -2147483648, 2147483647)
TIMES = (
    "-infinity", "infinity", "0001-01-01 00:00:00+00", "4713-01-01 00:00:00+00 BC",
    "9999-12-31 23:59:59.999999+00", "294276-12-31 23:59:59+00", "1969-12-31 23:59:59+00",
    "2126-01-01 00:00:00+00", "1900-01-01 00:00:00+08:05:43",
)  # fmt: skip
DATES = ("-infinity", "infinity", "0001-01-01", "4713-01-01 BC", "9999-12-31", "5874897-12-31", "1969-12-31")
_DEEP: Any = 1
for _ in range(200):
    _DEEP = [_DEEP]
JSONS: tuple[Any, ...] = (
    None, [], {}, "x", 5, True, [None], [1, "x", {}, [[]]], {"a": {"b": [None]}}, {"": ""}, [_DEEP], {"deep": _DEEP},
    [{"name": "x", "value": 1.7e308, "unit": "<b>"}], [{"name": None, "value": "NaN", "unit": None}],
    [{"name": "W" * 10_000, "value": {"x": []}, "unit": 7}], [{"field": 1, "sent": None, "reason": []}],
    {"words": 1, "items": "x", "plate": [], "km": "far", "at": "never", "days": -1e300, "lines": {}},
)  # fmt: skip
BYTES = (
    b"",
    b"\x00\xff\xfe\x80",
    b"{" * 3000,
    b"[" * 90_000,
    b'{"at": 1e400}',
    "🚗".encode("utf-16"),
    b"\x1b[2J",
)

# Written by nobody but the product itself, by SQL over the tables below.
DERIVED = {name for name in metadata.tables if name.endswith("_settled")} | {
    "rollup_dirty", "opening_span", "workshop_site", "workshop_stage", "workshop_operation",
    "backfill_progress", "erased_order", "timeless_message",
    # Kept by the guard for seconds; no page shows them.
    "sign_in_attempts",
}  # fmt: skip


def list_extremes(column: Column[Any]) -> Sequence[Any]:  # noqa: C901  # a line for each type
    """Return the extreme values of a column, null among them where it may be null."""
    kind = column.type
    values: Sequence[Any]
    if isinstance(kind, JSONB):
        values = [Jsonb(value) for value in JSONS]
    elif isinstance(kind, ARRAY):
        values = ([], ["s1", ""], list(TEXTS[:5]))
    elif isinstance(kind, Text):
        values = TEXTS
    elif isinstance(kind, Double):
        values = FLOATS
    elif isinstance(kind, SmallInteger):
        values = INTEGERS[:3]
    elif isinstance(kind, Int | Big):
        values = INTEGERS
    elif isinstance(kind, DateTime):
        values = TIMES
    elif isinstance(kind, Date):
        values = DATES
    elif isinstance(kind, Boolean):
        values = (True, False)
    elif isinstance(kind, LargeBinary):
        values = BYTES
    else:
        raise TypeError(f"{column} is of a type that has no extremes here: {kind}")
    return [*values, None] if column.nullable else list(values)


# Those that say which car and order a row is of: a story's rows share them.
LINKS = frozenset(
    {"site", "vin", "work_order", "device", "event_id", "id", "message_id", "reminder_id", "done_by"}
)
# Numbers and times that make a row one.
UNIQUE = frozenset({"digest", "token_hash", "event_key", "number", "known_as", "once", "id_hash", "screen"})


@dataclass(frozen=True, slots=True)
class Story:
    """A car with an order and all that is stored of both; `poison` replaces values in a table's row."""

    number: int
    table: str = ""
    poison: Mapping[str, Any] = field(default_factory=dict)
    vin: str = ""
    work_order: str = ""
    site: str = "s1"
    device: str = ""

    @property
    def car(self) -> str:
        return self.vin or f"LSVAB2BR0E1{self.number:06}"

    @property
    def order(self) -> str:
        return self.work_order or f"RO-{self.number}"

    def __str__(self) -> str:
        said = {name: str(getattr(value, "obj", value))[:60] for name, value in self.poison.items()}
        return (
            f"{self.number} {self.table} {said} {self.vin[:30]!r} {self.work_order[:30]!r} {self.site[:30]!r}"
        )


def tell(story: Story, now: datetime) -> Iterator[tuple[str, Row]]:
    """Yield the sound rows of a story, with the poison in one of them."""
    for table, row in _tell_sound(story, now):
        yield table, row | dict(story.poison) if table == story.table else row


def _tell_sound(story: Story, now: datetime) -> Iterator[tuple[str, Row]]:
    n, site, vin, order = story.number, story.site, story.car, story.order
    device = story.device or f"dev-{n}"
    earlier, hour, day = now - timedelta(hours=3), timedelta(hours=1), timedelta(days=1)
    event = {"site": site, "device": device, "at": earlier, "received_at": earlier, "corrected_at": earlier,
             "event_id": f"e{n}", "notes": None}  # fmt: skip
    of_order = {"site": site, "work_order": order}
    closed = n % 2 == 0
    yield "vehicle", {"vin": vin, "plate": f"A{n:05}", "make": "VW", "model": "Golf", "year": 2020,
                      "powertrain": "petrol", "in_service_on": date(2020, 1, 1), "as_of": earlier}  # fmt: skip
    yield "site_vehicle", {"site": site, "vin": vin, "plate": f"A{n:05}", "make": "VW", "model": "Golf",
                           "year": 2020, "powertrain": "petrol", "in_service_on": date(2020, 1, 1),
                           "as_of": earlier}  # fmt: skip
    yield "work_order", of_order | {
        "registered": True, "vin": vin, "plate": f"A{n:05}", "job_type": "maintenance", "advisor": "A1",
        "customer_ref": f"c{n}", "customer_name": "Li", "customer_phone": "13800000000", "customer_waiting": True,
        "opened_at": now - 2 * day, "first_promised_at": now, "promised_at": now + hour,
        "closed_at": now - hour if closed else None, "cancelled": False, "stage": "repairing",
        "stage_entered_at": earlier, "bay": f"B{n % 12 + 1:02}", "technician": "T1", "operation": "oil",
        "reason": None, "updated_at": earlier,
    }  # fmt: skip
    for position, stage in enumerate(("received", "repairing")):
        yield "stage_interval", of_order | {
            "position": position, "stage": stage, "bay": f"B{n % 12 + 1:02}", "technician": "T1", "operation": "oil",
            "reason": None, "entered_at": earlier + position * hour,
            "left_at": None if position and not closed else earlier + (position + 1) * hour,
            "rule": None, "inferred": False,
        }  # fmt: skip
    yield "bay_stay", of_order | {"bay": f"B{n % 12 + 1:02}", "entered_at": earlier + hour, "left_at": None}
    yield "work_order_line", of_order | {"position": 0, "job": "1", "operation": "oil", "hours": 1.5}
    yield "work_order_part", of_order | {"position": 0, "part": f"P{n % 5}", "description": "Disc", "quantity": 2.0,
                                         "status": "ordered", "eta": now + day}  # fmt: skip
    yield "work_order_change", event | of_order | {"change": Jsonb({
        "change": "opened", "parts": [{"part": "P1", "status": "ordered", "quantity": 1}]})}  # fmt: skip
    yield "stage_scan", event | of_order | {"stage": "repairing", "bay": "B01", "technician": "T1",
                                            "operation": None, "reason": None}  # fmt: skip
    for minutes, action in ((0, "on"), (30, "off")):
        yield "labour_scan", event | of_order | {
            "event_id": f"e{n}{action}", "at": earlier + timedelta(minutes=minutes),
            "corrected_at": earlier + timedelta(minutes=minutes), "job": "1", "technician": "T1", "bay": "B01",
            "action": action}  # fmt: skip
    yield "diagnostic_report", event | {"vin": vin, "work_order": order, "measurements": Jsonb(
        [{"name": "battery_voltage", "value": 12.4, "unit": "V"}]), "tool_serial": "7",
        "tool_calibration_due": date(2027, 1, 1)}  # fmt: skip
    yield "trouble_code", {"site": site, "device": device, "event_id": f"e{n}", "at": earlier, "code": "P0301",
                           "status": "confirmed", "vin": vin}  # fmt: skip
    for days, km in ((40, 44_000.0), (1, 45_210.0)):
        yield "odometer_reading", event | {"event_id": f"e{n}-{days}", "at": now - days * day, "vin": vin, "km": km,
                                           "value": km, "unit": "km", "trusted": True, "reason": None}  # fmt: skip
    yield "odometer_correction", {"vin": vin, "at": now - 20 * day, "km": 44_500.0, "shown_km": 44_500.0,
                                  "corrected_by": "x", "recorded_at": now}  # fmt: skip
    yield "vehicle_service", {
        "vin": vin, "site": site, "customer_ref": f"c{n}", "customer_name": "Li", "customer_phone": "1", "advisor": "A1",
        "first_km": 44_000.0, "first_at": now - 40 * day, "km": 45_210.0,
        "km_at": now - day,
        "km_per_day": 30.0, "km_per_day_low": 20.0, "km_per_day_high": 40.0, "rate_from": "readings",
        "trusted_readings": 2, "refused_readings": 0, "orders_as_of": now, "reviewed_at": now}  # fmt: skip
    yield "service_done", {"vin": vin, "job": "oil", "done_at": now - 300 * day, "km": 30_000.0, "site": site,
                           "work_order": order}  # fmt: skip
    due = {"vin": vin, "item": "oil_service", "plan": "standard", "cycle": f"y{n}"}
    yield "service_due", due | {
        "done_on": date(2025, 12, 1), "done_km": 30_000.0, "done_by": f"{site}/{order}", "due_km": 45_000.0,
        "due_on": date(2026, 12, 1), "projected_on": date(2026, 12, 1), "projected_from": date(2026, 11, 1),
        "projected_to": date(2027, 1, 1), "state": "due", "first_notice_on": date(2026, 11, 1),
        "second_notice_on": None, "reckoned_at": now}  # fmt: skip
    yield "service_reminder", due | {
        "site": site, "customer_ref": f"c{n}", "advisor": "A1", "km": 45_210.0, "due_km": 45_000.0,
        "due_on": date(2026, 12, 1), "projected_on": date(2026, 12, 1), "raised_at": now - day,
        "state": "raised", "channel": "message", "notices": 1, "noticed_at": now - day, "closed_at": None,
        "closed_by": None}  # fmt: skip
    yield (
        "service_hold",
        {
            "vin": vin,
            "item": "oil_service",
            "cycle": f"y{n}",
            "until": now + 9 * day,
            "reason": "asked",
            "held_by": "x",
            "held_at": now,
        },
    )
    yield "customer_consent", {"site": site, "customer_ref": f"c{n}", "at": now - day, "allowed": True,
                               "recorded_by": "x"}  # fmt: skip
    yield "outbox_message", {
        "event_key": f"k{n}", "site": site, "vin": vin, "work_order": order, "recipient_role": "advisor",
        "recipient": "A1", "channel": None, "template": "service_due", "lang": "en", "payload": Jsonb({"plate": "A1"}),
        "created_at": earlier, "due_at": earlier, "state": "sent", "attempts": 1, "settled_at": earlier,
        "claimed_until": None, "digest_key": None}  # fmt: skip
    yield "outbox_reminder", {}
    yield "delivery_attempt", {"attempt": 1, "attempted_at": earlier, "channel": "sms", "send_id": "1",
                               "outcome": "delivered", "detail": None, "seconds": 0.2}  # fmt: skip
    yield "reminder_publication", {"site": site, "vin": vin, "fingerprint": "f", "published_at": earlier}
    yield "rule_firing", {"rule": "late", "subject": f"{site}/{order}", "since": earlier, "step": 0, "site": site,
                          "fired_at": earlier, "answered_at": None}  # fmt: skip
    yield "reminder_pass", {"name": f"p{n}", "at": earlier, "plans": "x"}
    yield "ready_estimate", of_order | {
        "stage": "repairing", "job_type": "maintenance", "at": earlier, "p50_at": now, "p80_at": now + hour,
        "ready_at": now, "error_seconds": 60.0, "promise_error_seconds": 60.0, "median_error_seconds": 90.0,
        "reached": 0.5, "risk": 0.2}  # fmt: skip
    yield "site_model", {"site": f"{site}-{n}", "since": earlier, "until": now, "orders": 5, "model": b"{}"}
    yield "projection_failure", of_order | {"failed_at": earlier, "reason": "x"}
    yield "quarantined_message", {
        "digest": sha256(f"{n}".encode()).digest(), "received_at": earlier, "topic": f"workshop/v1/{site}/scanner/x/stage",
        "payload": b"{}", "reason": "at: missing", "status": "new", "site": site, "device": device,
        "settled_at": None, "stored_device": None, "stored_event_id": None, "stored_at": None}  # fmt: skip
    yield "device", {"site": site, "device": device, "source": "scanner", "password_hash": "x", "vin": vin,
                     "known_as": None, "added_at": earlier, "revoked_at": None}  # fmt: skip
    yield "device_state", {"site": site, "device": device, "source": "scanner", "last_received_at": earlier,
                           "messages": 5, "messages_per_minute": 0.5, "offset_seconds": 0.1,
                           "offset_measured_at": earlier}  # fmt: skip
    yield "device_status", {"site": site, "source": "scanner", "device": device, "at": earlier, "state": "online",
                            "received_at": earlier, "firmware": "1", "notes": None}  # fmt: skip
    yield "site_pulse", {"site": f"{site}-{n}", "received_at": earlier}
    yield "progress_link", {"token_hash": sha256(f"token-{n}".encode()).digest(), "site": site, "work_order": order,
                            "made_at": earlier, "revoked_at": None}  # fmt: skip
    yield "account", {"name": f"name-{n}", "label": "Chen", "password_hash": None, "role": "foreman", "sites": None,
                      "session_version": 1, "added_at": earlier, "signed_in_at": None, "disabled_at": None}  # fmt: skip
    yield "screen", {"token_hash": sha256(f"screen-{n}".encode()).digest(), "kind": "wall", "site": site,
                     "name": "Hall", "added_at": earlier, "seen_at": None, "revoked_at": None}  # fmt: skip
    yield "screen_address", {"screen": n, "address": "192.0.2.1", "seen_at": earlier}
    yield "access_link", {"token_hash": sha256(f"access-{n}".encode()).digest(), "role": "manager", "sites": None,
                          "reusable": False, "made_at": earlier, "made_by": "x", "expires_at": now + day,
                          "used_at": None, "used_from": None, "revoked_at": None}  # fmt: skip
    yield "session", {"id_hash": sha256(f"session-{n}".encode()).digest(), "account": f"name-{n}", "link": None,
                      "version": 1, "made_at": earlier, "confirmed_at": earlier, "seen_at": earlier,
                      "expires_at": now + hour, "address": "192.0.2.1", "agent": "x", "ended_at": None}  # fmt: skip
    yield "second_factor", {"account": f"name-{n}", "sealed_secret": "x", "made_at": earlier, "last_step": 1}
    yield "recovery_code", {"account": f"name-{n}", "code_hash": b"x", "used_at": None}
    yield "audit", {"at": earlier, "who": "chen", "from_address": "192.0.2.1", "what": "signed in",
                    "about": "chen", "before": None, "after": Jsonb({"role": "manager"}), "sites": None,
                    "once": f"once-{n}"}  # fmt: skip


def name_tables() -> set[str]:
    """Return the tables a story has rows of."""
    return {table for table, _ in tell(Story(0), datetime.now(UTC))} | {"visit_ticket"}


def list_stories(*, one_by_one: bool) -> list[Story]:
    """Return stories whose every value of every table is each extreme once; one by one, or a row's together."""
    told: list[tuple[str, dict[str, Any]]] = []
    for name in sorted(name_tables() & metadata.tables.keys()):
        columns = {
            column.name: list_extremes(column)
            for column in metadata.tables[name].columns
            if column.name not in LINKS | UNIQUE and not column.identity
        }
        if one_by_one:
            told += [(name, {column: value}) for column, values in columns.items() for value in values]
        elif columns:
            most = max(map(len, columns.values()))
            told += [
                (name, {column: values[n % len(values)] for column, values in columns.items()})
                for n in range(most)
            ]
    stories = [Story(n, table, poison) for n, (table, poison) in enumerate(told)]
    for text in TEXTS:
        stories += [
            Story(len(stories), vin=f"{text[:2000]}v{len(stories)}"),
            Story(len(stories) + 1, work_order=f"{text[:2000]}o{len(stories)}"),
            Story(len(stories) + 2, device=f"{text[:2000]}d{len(stories)}"),
            Story(len(stories) + 3, site=text[:2000] or "nowhere"),
        ]
    return stories


def store(connection: psycopg.Connection[Any], story: Story, now: datetime) -> None:
    """Write a story's rows, as far as the tables themselves take them."""
    ids: dict[str, int] = {}
    for table, told in tell(story, now):
        row = dict(told)
        if table == "outbox_reminder":
            row |= {"message_id": ids["outbox_message"], "reminder_id": ids["service_reminder"]}
        if table == "delivery_attempt":
            row |= {"message_id": ids["outbox_message"]}
        with_id = table in {"outbox_message", "service_reminder"}
        inserted = connection.execute(
            sql.SQL("insert into {} ({}) values ({}) on conflict do nothing {}").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join([sql.Placeholder()] * len(row)),
                sql.SQL("returning id" if with_id else ""),
            ),
            list(row.values()),
        )
        if with_id:
            [(ids[table],)] = inserted.fetchall()
