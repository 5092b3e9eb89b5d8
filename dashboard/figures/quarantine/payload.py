"""A payload as people can read it: JSON laid out, text as it is, anything else as bytes. Pure.

A payload comes from outside and was refused, so what it costs to show is bounded: what is longer than can be
shown, or nested deeper than anybody reads, is shown as the text it is.
"""

import json
import re
from dataclasses import dataclass

SHOWN_BYTES = 64 * 1024
_DEEPEST = 50
_MOST_LINES = 2000
_BYTES_OF_A_LINE = 16
_LONGEST_LINE = 4096
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ShownPayload:
    """A payload in lines; `kind` is json, text or bytes, and `marked` the line a reason speaks of."""

    kind: str
    lines: list[str]
    marked: int | None
    cut: bool


def show_payload(payload: bytes, whole_bytes: int, field: str) -> ShownPayload:
    """Lay a payload out and find the one line where `field` is, such as `odometer.value`.

    `payload` is the beginning of one of `whole_bytes`.
    """
    begin = payload[:SHOWN_BYTES]
    kind, shown = _lay_out(begin, is_whole=len(begin) >= whole_bytes)
    every = shown[:SHOWN_BYTES].splitlines()
    lines = [line[:_LONGEST_LINE] for line in every[:_MOST_LINES]]
    leaf = json.dumps(field.rpartition(".")[2])
    named = [place for place, line in enumerate(lines) if line.lstrip().startswith(f"{leaf}:")]
    marked = named[0] if kind == "json" and len(named) == 1 else None
    is_cut = len(begin) < whole_bytes or len(shown) > SHOWN_BYTES or len(every) > _MOST_LINES
    return ShownPayload(kind, lines, marked, is_cut or any(len(line) > _LONGEST_LINE for line in every))


def _lay_out(payload: bytes, *, is_whole: bool) -> tuple[str, str]:
    try:
        words = payload.decode()
    except UnicodeDecodeError as error:
        # A letter that was cut in two is no reason to show none of them.
        if is_whole or error.reason != "unexpected end of data":
            return "bytes", _dump(payload)
        words = payload[: error.start].decode()
    if is_whole and _find_depth(words) <= _DEEPEST:
        try:
            return "json", json.dumps(json.loads(words), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return ("text", words) if words.isprintable() or "\n" in words else ("bytes", _dump(payload))


def _find_depth(words: str) -> int:
    """Return how deep brackets are nested, those within strings aside."""
    depth = deepest = 0
    for found in _BRACKETS.finditer(words):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
    return deepest


def _dump(payload: bytes) -> str:
    rows = range(0, min(len(payload), SHOWN_BYTES), _BYTES_OF_A_LINE)
    return "\n".join(_dump_line(start, payload[start : start + _BYTES_OF_A_LINE]) for start in rows)


def _dump_line(start: int, piece: bytes) -> str:
    letters = "".join(chr(byte) if chr(byte).isascii() and chr(byte).isprintable() else "." for byte in piece)
    return f"{start:05x}  {piece.hex(' '):<47}  {letters}"
