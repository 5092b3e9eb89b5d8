"""What people and programs send, without the signs that no name, plate or note has.

Control characters, NUL first of all, mean nothing in any field, and the database does not take NUL. They are
taken out once, at the edge, so that no route and no callback needs to know of them.
"""

import re
from typing import Any

_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_CONTROLS = re.compile(f"[{_CONTROL}]")
# As addresses and forms write them.
_CODED = rb"%(?:0[0-8bcef]|1[0-9a-f]|7f)"
_CODED_BYTES = re.compile(rb"(?i:" + _CODED + rb")|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CODED_WORDS = re.compile(f"(?i:{_CODED.decode()})|[{_CONTROL}]")
_ADDRESSES = {"pathname", "search", "href", "hash"}


def has_controls(path: str) -> bool:
    """Say whether a decoded path holds a control character; none of our addresses does."""
    return bool(_CONTROLS.search(path)) or "\n" in path or "\r" in path


def clean_coded(sent: bytes) -> bytes:
    """Return a query string or a form without control characters."""
    cleaned, found = _CODED_BYTES.subn(b"", sent)
    # What was left may have come together as another one.
    return clean_coded(cleaned) if found else cleaned


def clean_value(value: Any, prop: str = "") -> Any:
    """Return what a callback is given without control characters; `prop` is the property it is of."""
    if isinstance(value, str):
        if prop not in _ADDRESSES:
            return _CONTROLS.sub("", value)
        cleaned, found = _CODED_WORDS.subn("", value)
        return clean_value(cleaned, prop) if found else cleaned
    if isinstance(value, list):
        return [clean_value(each, prop) for each in value]
    if isinstance(value, dict):
        return {_CONTROLS.sub("", name): clean_value(each, prop) for name, each in value.items()}
    return value
