"""A screen on a slow line, at the real server: it misses what is over, and nobody waits for it."""

import json
import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from models.signals import Signal
from tests.fixtures.access import sign_session
from tests.fixtures.office import Office
from tests.rig.patience import PATIENCE_SECONDS

ROUNDS = 25
# All tiles of a round together are far more than the buffers on the way to a screen hold.
PADDING = 40_000

INSERT = """
    insert into work_order
        (site, work_order, plate, bay, stage, stage_entered_at, registered, cancelled, updated_at)
    select 's1', 'RO-' || n, 'RO-' || n, 'B' || lpad(n::text, 2, '0'), 'repairing', now(), true, false, now()
    from generate_series(1, 12) as n
"""


class Screen:
    """A stream as it comes from the socket, read only when asked to."""

    def __init__(self, address: str, buffer_bytes: int) -> None:
        host, port = address.removeprefix("http://").split(":")
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self._socket.settimeout(PATIENCE_SECONDS)
        self._socket.connect((host, int(port)))
        cookie = "; ".join(f"{name}={value}" for name, value in sign_session().items())
        request = f"GET /stream/wall/s1?lang=en HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n\r\n"
        self._socket.sendall(request.encode())
        self.received = bytearray()

    def read_until(self, said: str) -> None:
        """Read until something is said; fails when nothing comes any more."""
        while said.encode() not in self.received[-2 * PADDING :]:
            chunk = self._socket.recv(1 << 20)
            assert chunk, "the server ended the stream"
            self.received += chunk

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def screens(office: Office) -> Iterator[tuple[Screen, Screen]]:
    pair = Screen(office.address, 1 << 16), Screen(office.address, 1 << 22)
    yield pair
    for screen in pair:
        screen.close()


def count_catch_ups(address: str) -> float:
    metrics = httpx.get(f"{address}/metrics").text
    found = re.search(r'bayboard_screen_catch_ups_total\{kind="wall",site="s1"\} (\S+)', metrics)
    return float(found[1]) if found else 0.0


def test_a_screen_that_does_not_read_holds_nobody_up_and_is_taken_to_the_newest_state(
    office: Office, screens: tuple[Screen, Screen]
) -> None:
    slow, quick = screens
    office.connection.execute(INSERT)
    change = json.dumps({"site": "s1", "work_orders": ["RO-1"]})
    for number in range(ROUNDS):
        with office.connection.transaction():
            office.connection.execute(
                "update work_order set operation = repeat('x', %s) || ' round ' || %s || ';'",
                [PADDING, number],
            )
            office.connection.execute("select pg_notify(%s, %s)", [Signal.BOARD, change])
        quick.read_until(f"round {number};")
    slow.read_until(f"round {ROUNDS - 1};")
    assert len(quick.received) > (ROUNDS - 1) * 12 * PADDING
    assert len(slow.received) < len(quick.received) / 2
    assert f"round {ROUNDS // 2};".encode() not in slow.received
    assert count_catch_ups(office.address) >= 1
