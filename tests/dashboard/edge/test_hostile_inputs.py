"""No value that somebody sends ends in an error of ours: every address, form and callback of the lists."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.access.identity import SESSION_COOKIE, Role, Ticket, User, session_box
from dashboard.app import create_app
from dashboard.doors import DOORS
from dashboard.edge.callbacks import PROPERTIES
from tests.fixtures.access import KEY

NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
# As addresses and forms write them.
CODED = (
    "%00", "a%00b", "%ED%A0%80", "%FF", "1e308", "-1", "9" * 400, "x" * 1000, "%0d%0aX:y", "%25%30%30",
    "{0}", "%250%30", "..%2F..", "'", "%", "0001-01-01", "9999-12-31",
)  # fmt: skip
WORDS = (
    "site", "tech", "job", "bay", "stage", "hour", "weekday", "least", "most", "from", "span", "to", "find",
    "status", "device", "reason", "since", "until", "lang", "next", "screen", "zone", "item", "code", "part",
    "model", "more", "state", "search", "cause", "late", "back", "reminder",
)  # fmt: skip
FIELDS = ("plate_end", "code", "name", "password", "next", "current", "new", "again")
PLAIN = ("a\x00b", "%00", "x" * 5000, "1e308", "9" * 30, "s1", "")


@pytest.fixture
def app(database_url: str) -> FastAPI:
    workshop = load_workshop(DEFAULT_WORKSHOP_FILE)
    return create_app(database_url=database_url, workshop=workshop, secret_key=KEY, clock=lambda: NOW)


async def ask_all(
    app: FastAPI, requests: Iterator[tuple[str, str, dict[str, Any]]]
) -> tuple[list[str], list[str]]:
    """Ask as a manager; returns the answers that are errors of ours, and what was logged with a traceback."""
    ticket = Ticket(User(Role.MANAGER), NOW + timedelta(hours=9))
    cookies = {SESSION_COOKIE: session_box(KEY).sign(ticket)}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    failures = []
    with capture_logs() as logs:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://board", cookies=cookies) as client,
        ):
            for method, path, sent in requests:
                answer = await client.request(method, path, **sent)
                if answer.status_code >= 500:
                    failures.append(f"{method} {path[:80]} {str(sent)[:300]}: {answer.status_code}")
    # A callback that cannot use a value says so, once for each kind.
    said = "a page could not use what it was given"
    broken = [entry for entry in logs if entry.get("exc_info") and entry["event"] != said]
    return failures, [f"{entry['event']} {entry['exc_info']!r}" for entry in broken]


def list_addresses(value: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    query = "&".join(f"{word}={value}" for word in WORDS)
    form = "&".join(f"{field}={value}" for field in FIELDS)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for door in DOORS:
        if door.address.startswith("/stream/"):
            continue
        for inside in ("s1", value):
            path = re.sub(r"\{site\}", inside if inside == "s1" else value, door.address)
            path = re.sub(r"\{\w+\}|\*", lambda _: value, path)
            yield "GET", f"{path}?{query}", {}
        yield "POST", path, {"content": form, "headers": headers}
        yield "POST", path, {"content": value.encode(), "headers": {"content-type": "application/json"}}


def test_no_address_and_no_form_is_an_error_of_ours(app: FastAPI) -> None:
    requests = (request for value in CODED for request in list_addresses(value))
    failures, logged = asyncio.run(ask_all(app, requests))
    assert (failures, logged) == ([], [])


def give(expected: Mapping[str, str], value: str) -> Any:
    """Return what a browser would send of a component whose every word is this value."""
    prop, coded = expected["property"], quote(value, safe="%")
    values: dict[str, Any] = {
        "pathname": f"/orders/s1/{coded}",
        "search": "?" + "&".join(f"{word}={coded}" for word in WORDS),
        "href": f"http://board/{coded}",
        "n_clicks": 1, "n_intervals": 1, "opened": True, "checked": True,
        "value": value, "data": value,
        "cellClicked": {"rowId": value, "colId": value, "value": value, "data": {"id": value}},
        "rowData": [{"id": value, value: value}],
        "columnDefs": [{"field": value, "headerName": value}],
        "selectedRows": [{"id": value}],
    }  # fmt: skip
    if not expected["id"].startswith("{"):
        return {"id": expected["id"], "property": prop, "value": values[prop]}
    pattern = json.loads(expected["id"])
    own = {name: value if each in (["ALL"], ["MATCH"]) else each for name, each in pattern.items()}
    part = {"id": own, "property": prop, "value": values[prop]}
    return [part] if '["ALL"]' in expected["id"] else part


def list_callbacks(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for dash_app in app.state.dash_apps.values():
        path = f"{dash_app.config.routes_pathname_prefix}_dash-update-component"
        for output, callback in dash_app.callback_map.items():
            if "callback" not in callback:
                continue
            for value in PLAIN:
                for shape in (str, lambda each: [each], lambda each: {"id": each, "x": [each]}):
                    for body in list_bodies(output, callback, value, shape):
                        yield "POST", path, {"json": body}


def list_bodies(output: str, callback: Mapping[str, Any], value: str, shape: Any) -> Iterator[dict[str, Any]]:
    given = [give(each, value) for each in callback["inputs"]]
    state = [give(each, value) for each in callback["state"]]
    data = {"value", "data"}
    parts = [part for each in (*given, *state) for part in (each if isinstance(each, list) else [each])]
    if shape is not str and not any(part["property"] in data for part in parts):
        return
    for part in parts:
        if part["property"] in data:
            part["value"] = shape(value)
    outputs = [
        {"id": name.rpartition(".")[0], "property": name.rpartition(".")[2].partition("@")[0]}
        for name in output.strip(".").split("...")
    ]
    for each in given:
        first = each[0] if isinstance(each, list) else each
        name = first["id"] if isinstance(first["id"], str) else json.dumps(first["id"], separators=(",", ":"))
        yield {
            "output": output, "outputs": outputs if output.startswith("..") else outputs[0],
            "inputs": given, "state": state, "changedPropIds": [f"{name}.{first['property']}"],
        }  # fmt: skip


def test_every_property_that_a_callback_reads_has_a_type(app: FastAPI) -> None:
    async def list_properties() -> set[str]:
        async with app.router.lifespan_context(app):
            return {
                given["property"]
                for dash_app in app.state.dash_apps.values()
                for callback in dash_app.callback_map.values()
                if "callback" in callback
                for given in (*callback["inputs"], *callback["state"])
            }

    assert asyncio.run(list_properties()) == set(PROPERTIES)


@pytest.mark.parametrize(
    "value", [5, None, [], {}, True, 1e308, "x" * 9000, [[]] * 400], ids=lambda each: str(each)[:12]
)
def test_a_callback_of_another_shape_is_refused_without_a_traceback(app: FastAPI, value: Any) -> None:
    """What an anonymous stranger may send: `pathname: 5` filled a disk with tracebacks."""
    sound: dict[str, Any] = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"},
                    {"id": "_pages_store", "property": "data"}],
        "inputs": [{"id": "_pages_location", "property": "pathname", "value": "/wall/s1"},
                   {"id": "_pages_location", "property": "search", "value": ""}],
        "state": [], "changedPropIds": ["_pages_location.pathname"],
    }  # fmt: skip
    hostile: list[Any] = [
        {**sound, "inputs": [{**sound["inputs"][0], "value": value}, sound["inputs"][1]]},
        {**sound, "inputs": value}, {**sound, "state": value}, {**sound, "output": value}, value,
    ]  # fmt: skip

    async def ask() -> tuple[list[int], list[Any]]:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://board") as client,
        ):
            with capture_logs() as logs:
                answers = [await client.post("/_dash-update-component", json=body) for body in hostile]
                fine = await client.post("/_dash-update-component", json=sound)
        assert fine.status_code == 403, "the shape is right, the visitor is not"
        return [answer.status_code for answer in answers], [entry for entry in logs if entry.get("exc_info")]

    statuses, tracebacks = asyncio.run(ask())
    assert set(statuses) <= {400, 403, 413}
    assert statuses.count(403) <= (1 if value == [] else 0)
    assert tracebacks == []


def test_no_callback_is_an_error_of_ours(app: FastAPI) -> None:
    failures, logged = asyncio.run(ask_all(app, list_callbacks(app)))
    assert (failures, logged) == ([], [])
