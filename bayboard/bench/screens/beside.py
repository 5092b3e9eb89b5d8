"""Whether walls stay current while managers ask for what is expensive: scans to screens, beside each.

One dashboard, a month of history, some screens, and managers who ask again and again without a pause.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
from psycopg import AsyncConnection

from bayboard.bench.screens.pixel import publish_probes
from bayboard.bench.screens.rig import Rig, make_cookie, run_rig
from bayboard.bench.screens.run import open_screens
from bayboard.commands.access import make_link
from bayboard.console import ask_database
from config.workshop import Site
from dashboard.access.identity import Role
from simulators.scaled import scale_workshop

_HISTORY_DAYS = 28
_SCREENS = 20
_SCANS = 25
_ROWS = 2500
_DEEP = b"[" * 850 + b"1," * 700_000 + b"1" + b"]" * 850
_CALLBACK = "/manage/_dash-update-component"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """What walls noticed of one kind of question."""

    name: str
    milliseconds: Sequence[float]
    answers: int
    refused: int


class _Office:
    """A manager who asks for callbacks as a browser does."""

    def __init__(self, address: str, link: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=60, follow_redirects=False)
        self._client.get(link)
        self._known = self._client.get("/manage/_dash-dependencies").json()

    def ask(self, part: str, values: Values, changed: str) -> int:
        """Ask for the callback that fills a part; returns the status."""
        known = next(each for each in self._known if part in each["output"])
        names = [name for name in known["output"].strip(".").split("...") if name]
        outputs = [{"id": each.rpartition(".")[0], "property": each.rpartition(".")[2]} for each in names]
        body = {
            "output": known["output"],
            "outputs": outputs if known["output"].startswith("..") else outputs[0],
            "inputs": [_give(each, values) for each in known["inputs"]],
            "state": [_give(each, values) for each in known["state"]],
            "changedPropIds": [changed],
        }
        return self._client.post(_CALLBACK, json=body).status_code


def _give(expected: Mapping[str, str], values: Values) -> dict[str, Any]:
    return {**expected, "value": values.get(f"{expected['id']}.{expected['property']}")}


def _show(view: str, search: str = "?span=28d") -> tuple[str, Values, str]:
    values = {"analytics-url.search": search, "url.pathname": f"/analytics/{view}"}
    return "analytics-view.children", values, "analytics-url.search"


def list_questions(message: int) -> Mapping[str, Sequence[tuple[str, Values, str]]]:
    """Return what managers ask for, by name; `message` is the number of a deep one in quarantine."""
    rows = [{name: f"{number} {name} Li Wang" for name in "abcdefgh"} for number in range(_ROWS)]
    table = {
        "analytics-table-orders.rowData": rows,
        "analytics-table-orders.columnDefs": [{"field": name, "headerName": name} for name in "abcdefgh"],
        "analytics-orders-excel.n_clicks": 1,
    }
    opened = {"quarantine-grid.cellClicked": {"rowId": str(message)}, "url.pathname": "/quarantine"}
    return {
        "analytics": [_show(view) for view in ("overview", "stages", "flow", "people", "orders", "week")],
        "quarantine": [("quarantine-message.children", opened, "quarantine-grid.cellClicked")],
        "what-if": [_show("what-if", "?more=bay%3Ageneral"), _show("what-if", "?more=technician%3Ageneral")],
        "export": [("analytics-orders-file.data", table, "analytics-orders-excel.n_clicks")],
    }


def measure_beside(
    *, site: Site, workshop_file: Path, managers: int, now: datetime, say: Callable[[str], None]
) -> list[Beside]:
    """Measure scans to screens alone and beside each kind of question."""
    with tempfile.TemporaryDirectory(prefix="bayboard-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        always_open = directory / "workshop.toml"
        always_open.write_text(scale_workshop(workshop_file.read_text(encoding="utf-8"), 1), encoding="utf-8")
        with run_rig(directory, always_open, 1) as rig:
            say(f"{_HISTORY_DAYS} days of history are written …")
            _write_history(rig, always_open)
            rig.fill_shop(site.key, [bay.key for bay in site.bays])
            tokens = rig.add_screens(site.key, _SCREENS, now)
            link = ask_database(rig.database_url, lambda connection: _make_link(connection, rig, now))
            questions = list_questions(ask_database(rig.database_url, _add_deep_message))
            cookies = [make_cookie(site.key, token) for token in tokens]
            path = f"/stream/wall/{site.key}?lang=en"
            found = []
            with open_screens(rig.port, path, cookies, polls=False) as ask:
                for number, (kind, asked) in enumerate({"alone": [], **questions}.items()):
                    say(f"{kind} …")
                    with _managers(managers, rig.address, link, asked) as counted:
                        ask()
                        numbers = range(number * _SCANS, (number + 1) * _SCANS)
                        published = publish_probes(rig.mqtt_url, site.key, "PROBE", numbers)
                        arrivals = ask().arrivals
                    times = [at - published[name] for name, at in arrivals if name in published]
                    found.append(Beside(kind, times, counted.count(200), len(counted) - counted.count(200)))
    return found


def _write_history(rig: Rig, workshop_file: Path) -> None:
    environment = {"BAYBOARD_DATABASE_URL": rig.database_url, "BAYBOARD_WORKSHOP_FILE": str(workshop_file)}
    command = [sys.executable, "-P", "-m", "bayboard", "backfill", "--days", str(_HISTORY_DAYS)]
    subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)


async def _make_link(connection: AsyncConnection[Any], rig: Rig, now: datetime) -> str:
    return await make_link(
        connection, rig.address, Role.MANAGER, None, now, timedelta(hours=3), reusable=True
    )


async def _add_deep_message(connection: AsyncConnection[Any]) -> int:
    row = await connection.execute(
        "insert into quarantined_message (digest, received_at, topic, payload, reason, status, site, device)"
        " values (sha256(%(payload)s), now(), 'workshop/v1/s1/scanner/x/stage', %(payload)s, 'too deep',"
        " 'new', 's1', 'x') returning id",
        {"payload": _DEEP},
    )
    found = await row.fetchone()
    assert found  # noqa: S101  # it was inserted
    return int(found[0])


@contextmanager
def _managers(
    count: int, address: str, link: str, asked: Sequence[tuple[str, Values, str]]
) -> Iterator[list[int]]:
    """Have managers ask again and again; gives the statuses of their answers."""
    over, statuses = threading.Event(), list[int]()

    def work() -> None:
        office = _Office(address, link)
        while not over.is_set():
            for question in asked:
                statuses.append(office.ask(*question))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(count if asked else 0)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join()


def describe_beside(found: Sequence[Beside]) -> str:
    """Lay the figures out as a table."""
    load = " ".join(f"{average:.1f}" for average in os.getloadavg())
    lines = [
        f"{_SCREENS} screens; load average {load} on {os.cpu_count()} cores",
        f"{'publish -> screen beside':<28}{'p50 ms':>8}{'p95 ms':>8}{'worst':>8}{'answers':>9}{'refused':>9}",
    ]
    for each in found:
        cuts = quantiles(each.milliseconds, n=100)
        lines.append(
            f"{each.name:<28}{cuts[49]:>8.1f}{cuts[94]:>8.1f}{max(each.milliseconds):>8.1f}"
            f"{each.answers:>9}{each.refused:>9}"
        )
    return "\n".join(lines)
