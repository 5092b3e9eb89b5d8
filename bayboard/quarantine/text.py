"""Refused messages for a terminal: a line each, a line for each reason, or one with all of it.

Pure: rows in, renderables out. A payload is laid out as JSON with the faulty field marked; what
is not JSON is shown as text, and what is not text as bytes.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models.domain.quarantine import QuarantinedRow, ReasonCount

_DUMPED_BYTES = 512
_BYTES_A_LINE = 16
_FAULTY = "bold red"


def draw_messages(rows: Iterable[QuarantinedRow]) -> Table:
    """Make a line of each message."""
    table = Table("id", "received", "status", "topic", "reason")
    table.columns[0].justify = "right"
    for column in table.columns[:3]:
        column.no_wrap = True
    for row in rows:
        table.add_row(str(row.id), _say_time(row.received_at), row.status, Text(row.topic), Text(row.reason))
    return table


def draw_reasons(reasons: Iterable[ReasonCount]) -> Table:
    """Make a line of each kind of reason."""
    table = Table("messages", "devices", "first", "last", "reason")
    for column in table.columns[:2]:
        column.justify = "right"
    for column in table.columns[:4]:
        column.no_wrap = True
    for found in reasons:
        table.add_row(
            f"{found.messages:,}",
            f"{found.devices:,}",
            _say_time(found.first_at),
            _say_time(found.last_at),
            Text(found.reason),
        )
    return table


def draw_message(row: QuarantinedRow, payload: bytes) -> RenderableType:
    """Lay out one message with its whole payload."""
    facts = Table.grid(padding=(0, 2))
    for name, value in _describe(row):
        facts.add_row(name, Text(value))
    return Group(facts, Text(), draw_payload(payload, row.reason.partition(": ")[0]))


def draw_payload(payload: bytes, faulty_field: str) -> Text:
    """Lay out a payload, with a mark at the field that a reason names."""
    try:
        value = json.loads(payload)
    except ValueError:
        return Text(_show_bytes(payload))
    lines = Text()
    for path, line in _lay_out(value, "", 0):
        faulty = path == faulty_field
        lines.append(f"{line}  <-- here\n" if faulty else f"{line}\n", _FAULTY if faulty else "")
    return lines


def _describe(row: QuarantinedRow) -> Iterator[tuple[str, str]]:
    yield "message", f"{row.id}, {row.status}"
    yield "received", row.received_at.isoformat()
    yield "topic", row.topic
    yield "reason", row.reason
    if row.settled_at:
        yield "settled", row.settled_at.isoformat()
    if row.stored_device and row.stored_at:
        named = "/".join(name for name in (row.site, row.stored_device, row.stored_event_id) if name)
        yield "stored as", f"{named} at {row.stored_at.isoformat()}"
    yield "payload", f"{row.payload_bytes:,} bytes"


def _lay_out(
    value: object, path: str, depth: int, name: str = "", end: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the lines of a JSON value, each with the path of what begins in it."""
    indent = "  " * depth
    if isinstance(value, dict) and value:
        members = [
            (f"{path}.{key}" if path else key, f"{json.dumps(key, ensure_ascii=False)}: ", member)
            for key, member in value.items()
        ]
        brackets = "{}"
    elif isinstance(value, list) and value:
        members = [(f"{path}[{position}]", "", member) for position, member in enumerate(value)]
        brackets = "[]"
    else:
        yield path, f"{indent}{name}{json.dumps(value, ensure_ascii=False)}{end}"
        return
    yield path, f"{indent}{name}{brackets[0]}"
    for position, (member_path, member_name, member) in enumerate(members, start=1):
        comma = "," if position < len(members) else ""
        yield from _lay_out(member, member_path, depth + 1, member_name, comma)
    yield "", f"{indent}{brackets[1]}{end}"


def _show_bytes(payload: bytes) -> str:
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        text = ""
    if text and all(character.isprintable() or character in "\r\n\t" for character in text):
        return text
    lines = [
        f"{start:04x}  {line.hex(' '):<{3 * _BYTES_A_LINE}} {_show_printable(line)}"
        for start in range(0, min(len(payload), _DUMPED_BYTES), _BYTES_A_LINE)
        for line in [payload[start : start + _BYTES_A_LINE]]
    ]
    if len(payload) > _DUMPED_BYTES:
        lines.append(f"… and {len(payload) - _DUMPED_BYTES:,} bytes more")
    return "\n".join(lines)


def _show_printable(line: bytes) -> str:
    return "".join(sign if sign.isascii() and sign.isprintable() else "." for sign in line.decode("latin-1"))


def _say_time(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
