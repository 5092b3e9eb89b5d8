"""Searches what a browser was sent for what it should never have been sent.

Owns the ways in which a text can be written down: as it is, or escaped as in JSON, HTML and
addresses, in any case and with any separators. Refuses to search for what is too short to be found.
"""

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

_SEPARATORS = re.compile(r"[\s·•._-]")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_LEAST_LENGTH = 2


def find_leaks(traffic: Iterable[tuple[str, str]], secrets: Iterable[str]) -> list[str]:
    """Return `where: secret` for every secret that stands anywhere in the bodies, each by its name."""
    sought = {secret: _bare(secret) for secret in secrets}
    assert all(len(bare) >= _LEAST_LENGTH for bare in sought.values()), "too short to be told from chance"
    leaks = set()
    for where, body in traffic:
        readings = {_bare(reading) for reading in _read(body)}
        leaks |= {
            f"{where}: {secret}"
            for secret, bare in sought.items()
            if any(bare in reading for reading in readings)
        }
    return sorted(leaks)


def _read(body: str) -> Iterable[str]:
    """Return a body as it is and as each kind of reader would take it."""
    yield body
    yield html.unescape(body)
    yield unquote_plus(body)
    yield _ESCAPED.sub(lambda code: chr(int(code[1], 16)), body)


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()
