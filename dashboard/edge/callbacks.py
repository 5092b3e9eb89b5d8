"""What a browser may send to a callback: the shape that Dash's own script sends, with values of its types.

Dash looks at nothing of it, so a number in place of an address would only fail deep inside a page. Owns the
types of properties; a property that a callback uses and that is not listed here is found by a test.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from dash import Dash

from dashboard.edge.cleaning import clean_value, has_controls

_CALLBACK = "/_dash-update-component"
# What is longer is a table that is sent to become a file.
_MOST_BYTES = 64 * 1024
_TABLES = {"rowData", "selectedRows"}
_MOST_IDS = 2000
_MOST_NUMBER = 2**53
_NUMBER = int | float | None
_PLAIN = str | int | float | bool | None
_ROW = dict[str, Any] | None

PROPERTIES: Mapping[str, Any] = {
    "pathname": str,
    "search": str | None,
    "href": str | None,
    "n_clicks": _NUMBER,
    "n_intervals": _NUMBER,
    "opened": bool | None,
    "checked": bool | None,
    "value": str | None,
    "data": _PLAIN | list[Any] | dict[str, Any],
    "cellClicked": _ROW,
    "rowData": list[dict[str, Any]] | None,
    "columnDefs": list[dict[str, Any]] | None,
    "selectedRows": list[dict[str, Any]] | None,
}


# Filters of which several may be chosen.
_MANY = ("-sites", "-job_types", "-bays", "-technicians", "audit-what")


def find_type(name: str, prop: str) -> Any:
    """Return the type of a component's property."""
    is_many = prop == "value" and name.endswith(_MANY)
    return list[str] | None if is_many else PROPERTIES.get(prop, Any)


class _Given(msgspec.Struct):
    """One input or state: a component, its property and the value, if it has one."""

    id: str | dict[str, str | int | float | bool | None]
    property: str
    value: Any = None


_Part = _Given | list[_Given]


class _Body(msgspec.Struct):
    output: str
    inputs: list[_Part]
    changed: list[str] = msgspec.field(name="changedPropIds", default_factory=list)
    outputs: Any = None
    state: list[_Part] = []


class MalformedError(Exception):
    """A callback was asked for as no browser of ours asks."""


class Callbacks:
    """The callbacks of all Dash apps, by where they are asked for."""

    def __init__(self, apps: Mapping[str, Dash]) -> None:
        self._apps = apps

    def find(self, path: str) -> Dash | None:
        """Return the app whose callbacks answer at a path; None where no callback does."""
        for app in self._apps.values():
            if path == app.config.routes_pathname_prefix.rstrip("/") + _CALLBACK:
                return app
        return None


def check_callback(app: Dash, sent: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the body to answer, without control characters; raises MalformedError."""
    if not headers.get("content-type", "").startswith("application/json"):
        raise MalformedError("not sent as JSON")
    try:
        body = msgspec.json.decode(sent)
        asked = msgspec.convert(body, _Body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from error
    known = app.callback_map.get(asked.output)
    if known is None or "callback" not in known:
        raise MalformedError("there is no such callback")
    tables = {each["property"] for each in (*known["inputs"], *known["state"])} & _TABLES
    if len(sent) > _MOST_BYTES and not tables:
        raise MalformedError("too long for this callback")
    _check_parts(known["inputs"], asked.inputs)
    _check_parts(known["state"], asked.state)
    _check_outputs(known, asked.outputs)
    if len(asked.changed) > _MOST_IDS or any(has_controls(each) or "\\u00" in each for each in asked.changed):
        raise MalformedError("no such changes")
    for kind in ("inputs", "state"):
        body[kind] = [_clean(part) for part in body.get(kind, [])]
    return msgspec.json.encode(body)


def _check_parts(known: Sequence[Mapping[str, str]], given: Sequence[_Part]) -> None:
    if len(known) != len(given):
        raise MalformedError("other inputs than the callback has")
    for expected, part in zip(known, given, strict=True):
        is_pattern = expected["id"].startswith("{")
        if isinstance(part, list) != (is_pattern and _matches_many(expected["id"])):
            raise MalformedError(f"{expected['id']} is one component or many")
        for each in part if isinstance(part, list) else [part]:
            _check_given(expected, each, is_pattern=is_pattern)


def _matches_many(pattern: str) -> bool:
    return bool(re.search(r'\["(ALL|ALLSMALLER)"\]', pattern))


def _check_given(expected: Mapping[str, str], given: _Given, *, is_pattern: bool) -> None:
    prop = expected["property"]
    if given.property != prop or isinstance(given.id, dict) != is_pattern:
        raise MalformedError(f"not {expected['id']}.{prop}")
    if not is_pattern and given.id != expected["id"]:
        raise MalformedError(f"not {expected['id']}.{prop}")
    if (
        is_pattern
        and isinstance(given.id, dict)
        and given.id.keys() != msgspec.json.decode(expected["id"]).keys()
    ):
        raise MalformedError(f"not {expected['id']}.{prop}")
    if isinstance(given.id, dict) and any(has_controls(str(each)) for each in given.id.values()):
        raise MalformedError(f"not {expected['id']}.{prop}")
    try:
        msgspec.convert(given.value, find_type(expected["id"], prop))
    except msgspec.ValidationError as error:
        raise MalformedError(f"{expected['id']}.{prop}: {error}") from error
    if isinstance(given.value, int | float) and abs(given.value) > _MOST_NUMBER:
        raise MalformedError(f"{expected['id']}.{prop}: no such number")


def _check_outputs(known: Mapping[str, Any], outputs: Any) -> None:
    expected = known["output"]
    if known.get("no_output"):
        return
    if isinstance(expected, list | tuple):
        if not isinstance(outputs, list) or len(outputs) != len(expected):
            raise MalformedError("other outputs than the callback has")
    elif not isinstance(outputs, dict | list):
        raise MalformedError("no output")
    for each in outputs if isinstance(outputs, list) else [outputs]:
        for leaf in each if isinstance(each, list) else [each]:
            if not isinstance(leaf, dict) or not {"id", "property"} <= leaf.keys():
                raise MalformedError("an output is a component and a property")


def _clean(part: Any) -> Any:
    if isinstance(part, list):
        return [_clean(each) for each in part]
    return {**part, "value": clean_value(part["value"], part["property"])} if "value" in part else part
