"""A payload as people can read it: JSON laid out, text as it is, anything else as bytes. Pure."""

import json
from dataclasses import dataclass

_SHOWN_CHARACTERS = 64 * 1024
_BYTES_OF_A_LINE = 16


@dataclass(frozen=True, slots=True)
class ShownPayload:
    """A payload in lines; `kind` is json, text or bytes, and `marked` the line a reason speaks of."""

    kind: str
    lines: list[str]
    marked: int | None
    cut: bool


def show_payload(payload: bytes, field: str) -> ShownPayload:
    """Lay a payload out and find the one line where `field` stands, such as `odometer.value`."""
    kind, shown = _lay_out(payload)
    lines = shown[:_SHOWN_CHARACTERS].splitlines()
    leaf = json.dumps(field.rpartition(".")[2])
    named = [place for place, line in enumerate(lines) if line.lstrip().startswith(f"{leaf}:")]
    marked = named[0] if kind == "json" and len(named) == 1 else None
    return ShownPayload(kind, lines, marked, cut=len(shown) > _SHOWN_CHARACTERS)


def _lay_out(payload: bytes) -> tuple[str, str]:
    try:
        words = payload.decode()
    except UnicodeDecodeError:
        return "bytes", _dump(payload)
    try:
        return "json", json.dumps(json.loads(words), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return ("text", words) if words.isprintable() or "\n" in words else ("bytes", _dump(payload))


def _dump(payload: bytes) -> str:
    rows = range(0, min(len(payload), _SHOWN_CHARACTERS), _BYTES_OF_A_LINE)
    return "\n".join(_dump_line(start, payload[start : start + _BYTES_OF_A_LINE]) for start in rows)


def _dump_line(start: int, piece: bytes) -> str:
    letters = "".join(chr(byte) if chr(byte).isascii() and chr(byte).isprintable() else "." for byte in piece)
    return f"{start:05x}  {piece.hex(' '):<47}  {letters}"
