"""What one visitor may cost: sizes, times, connections, requests and streams; each refusal says why."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from dashboard.access.identity import Role, Screen, ScreenKind, User, Visitor
from dashboard.edge.addresses import Proxies, find_block, is_nearby
from dashboard.edge.connections import Doorkeeper, LimitedProtocol
from dashboard.edge.door import Door
from dashboard.edge.limits import Limits
from dashboard.edge.rates import Rates
from dashboard.edge.share import Share

KIB = 1024
DEFAULT = Limits()


class Echo:
    """An app that reads what it is sent and says how much that was."""

    def __init__(self) -> None:
        self.read = 0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        size = 0
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            self.read = size
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})


async def ask_door(
    path: str, parts: list[bytes], headers: dict[str, str], limits: Limits, *, stalls: bool = False
) -> tuple[list[Message], int]:
    """Send a body in parts to the door; returns what was answered and how much the app behind it read."""
    app, sent, waiting = Echo(), list[Message](), list(parts)

    async def receive() -> Message:
        if not waiting and stalls:
            await asyncio.Event().wait()
        part = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": part, "more_body": bool(waiting) or stalls}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "client": ("192.0.2.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await Door(app, limits)(scope, receive, send)
    return sent, app.read


def door(
    path: str, *parts: bytes, limits: Limits = DEFAULT, stalls: bool = False, **headers: str
) -> tuple[int, str, int]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent, read = asyncio.run(ask_door(path, list(parts), named, limits, stalls=stalls))
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body.decode(), read


@pytest.mark.parametrize(
    ("path", "most"),
    [("/sign-in", 8 * KIB), ("/progress", 8 * KIB), ("/nowhere", 8 * KIB),
     ("/_dash-update-component", 8 * KIB),
     ("/manage/_dash-update-component", KIB * KIB), ("/account/password", KIB * KIB)],
)  # fmt: skip
def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(path: str, most: int) -> None:
    status, said, read = door(path, b"x" * 100, content_length=str(most + 1))
    assert (status, read) == (413, 0)
    assert f"larger than {most // KIB} KiB" in said
    assert door(path, b"x" * 100, content_length=str(most))[0] == 200


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "9" * 400])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    assert door("/sign-in", b"x", content_length=length)[0] == 413


def test_a_body_that_grows_too_large_is_refused_while_it_comes() -> None:
    status, said, read = door("/sign-in", *[b"x" * KIB] * 5000)
    assert status == 413
    assert "too large" in said.lower()
    assert read <= 8 * KIB


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    status, said, _ = door("/sign-in", b"name=", stalls=True, limits=Limits(open_body_seconds=0.05))
    assert status == 408
    assert "did not arrive in time" in said


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-CN", "内容过大"), ("en", "This is too large"), ("fr", "This is too")]
)
def test_a_refusal_is_in_the_visitors_language(lang: str, words: str) -> None:
    assert words in door("/sign-in", content_length="99999999", accept_language=lang)[1]


@pytest.mark.parametrize("path", ["/progress/\x00", "/wall/s1\n", "/orders/s1/\x1b[2J", "/\x7f"])
def test_an_address_with_control_characters_is_no_address(path: str) -> None:
    assert door(path)[0] == 400


def test_what_fails_is_answered_and_logged_once_by_us() -> None:
    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("a bug")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=Door(fail, Limits()))
        async with httpx.AsyncClient(transport=transport, base_url="http://board") as client:
            return await client.get("/healthz")

    with capture_logs() as logs:
        answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert "could not answer" in answer.text
    assert [entry["event"] for entry in logs] == ["a request failed"]


@pytest.mark.parametrize(
    ("client", "forwarded", "warned"),
    [("172.20.0.5", "203.0.113.9", True), ("203.0.113.9", "203.0.113.9", False), ("172.20.0.5", "", False)],
)
def test_a_proxy_that_is_not_trusted_is_warned_of(client: str, forwarded: str, warned: bool) -> None:
    async def ask() -> None:
        transport = httpx.ASGITransport(app=Door(Echo(), Limits()), client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://board") as browser:
            await browser.get("/healthz", headers={"X-Forwarded-For": forwarded} if forwarded else {})

    with capture_logs() as logs:
        asyncio.run(ask())
    assert ["BAYBOARD_TRUSTED_PROXIES" in entry["event"] for entry in logs] == [True] * warned


def test_addresses_count_by_the_line_they_come_from() -> None:
    assert find_block("2001:db8:1:2:3::4") == find_block("2001:db8:1:2::ffff") == "2001:db8:1:2::/64"
    assert find_block("::ffff:192.0.2.7") == find_block("192.0.2.7") == "192.0.2.7"
    assert find_block("unix:") == "unix:"
    addresses = ("127.0.0.1", "192.168.1.9", "fd00::1", "8.8.8.8", "unknown")
    assert [is_nearby(each) for each in addresses] == [True, True, True, False, False]
    proxies = Proxies("10.0.0.1, 172.16.0.0/12, nonsense")
    asked = ("172.20.0.5", "10.0.0.1", "10.0.0.2", "")
    assert [each in proxies for each in asked] == [True, True, False, False]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_visitor_may_ask_so_often_in_one_go_and_so_often_a_second() -> None:
    clock = Clock()
    rates = Rates(10, 50, clock)
    assert [rates.take("a") for _ in range(50)] == [0.0] * 50
    assert 0 < rates.take("a") <= 0.1
    assert rates.take("b") == 0.0, "others are not concerned"
    clock.now = 1
    assert sum(rates.take("a") == 0.0 for _ in range(50)) == 10
    clock.now = 100
    assert sum(rates.take("a") == 0.0 for _ in range(60)) == 50


def ask_share(share: Share, visitor: Visitor, address: str, **headers: str) -> Any:
    scope = {
        "type": "http", "method": "GET", "path": "/stream/wall/s1", "query_string": b"",
        "client": (address, 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    return share.find_refusal(visitor, Request(scope)), Request(scope)


def test_too_many_requests_are_refused_with_the_time_to_wait() -> None:
    share = Share(Limits(requests_a_second=1, requests_at_once_unknown=2))
    wall = Visitor(screens=(Screen(7, ScreenKind.WALL, "s1"),))
    for _ in range(2):
        assert ask_share(share, Visitor(), "192.0.2.1")[0] is None
    refused = ask_share(share, Visitor(), "192.0.2.1", **{"accept-language": "zh"})[0]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert "请在 1 秒后重试" in refused.body.decode()
    assert ask_share(share, wall, "192.0.2.1")[0] is None, "a screen at the same address is counted by itself"
    assert ask_share(share, Visitor(), "192.0.2.2")[0] is None


def test_a_shop_behind_one_address_never_meets_a_limit() -> None:
    """20 screens with one link and 30 phones with one account load their pages at once and stay open."""
    share, limits = Share(Limits()), Limits()
    wall = Visitor(screens=(Screen(7, ScreenKind.WALL, "s1"),))
    phone = Visitor(User(Role.FOREMAN, ("s1",), "foremen"))
    open_streams = []
    for visitor, many in ((wall, 20), (phone, 30)):
        for _ in range(many * 40):
            refused, request = ask_share(share, visitor, "192.0.2.1")
            assert refused is None
        for _ in range(many):
            stream = share.count_stream(visitor, request)
            open_streams.append(stream)
            assert stream.__enter__() is None
    assert limits.connections_an_address >= (20 + 30) * 6, "browsers open six connections each"
    for stream in open_streams:
        stream.__exit__(None, None, None)


def test_streams_of_one_visitor_are_counted_as_long_as_they_are_open() -> None:
    share = Share(Limits(streams_a_visitor=1))
    wall = Visitor(screens=(Screen(7, ScreenKind.WALL, "s1"),))
    _, request = ask_share(share, wall, "192.0.2.1")
    for _ in range(3):
        with share.count_stream(wall, request) as refused:
            assert refused is None
            with share.count_stream(wall, request) as second:
                assert second is not None
                assert (second.status_code, second.headers["retry-after"]) == (429, "30")


@asynccontextmanager
async def serve(limits: Limits, proxies: str = "") -> AsyncIterator[int]:
    """Serve the echo on a port of its own with these limits."""
    doorkeeper = Doorkeeper(limits, Proxies(proxies))
    config = uvicorn.Config(
        Door(Echo(), limits),
        http=lambda **named: LimitedProtocol(doorkeeper=doorkeeper, **named),  # type: ignore[arg-type]
        ws="none", lifespan="off", log_config=None, server_header=False,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        await serving


async def say(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send bytes and return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        return await reader.read()
    finally:
        writer.close()


def test_a_head_that_does_not_come_is_not_waited_for() -> None:
    async def ask() -> tuple[bytes, bytes]:
        async with serve(Limits(head_seconds=0.2)) as port:
            return await say(port, b"GET / HTTP/1.1\r\nHost:"), await say(port)

    half, nothing = asyncio.run(ask())
    assert half.startswith(b"HTTP/1.1 408 ")
    for words in ("did not arrive in time", "未能及时送达"):
        assert words in half.decode()
    assert nothing == b"", "a connection that was opened in advance is only closed"


def test_a_second_head_has_a_deadline_as_well() -> None:
    async def ask() -> bytes:
        async with serve(Limits(head_seconds=0.2)) as port:
            return await say(port, b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /b HTTP", pause=0.1)

    heard = asyncio.run(ask())
    assert heard.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 408 " in heard


@pytest.mark.parametrize("head", [b"GET /" + b"a" * 40_000, b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000,
                                  b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n"])  # fmt: skip
def test_a_head_that_is_too_large_is_not_kept(head: bytes) -> None:
    async def ask() -> bytes:
        async with serve(Limits()) as port:
            return await say(port, head)

    assert asyncio.run(ask()).startswith(b"HTTP/1.1 431 ")


def test_idle_connections_make_room_for_those_that_ask() -> None:
    async def ask() -> list[int]:
        async with serve(Limits(connections_an_address=5, connections=8)) as port:
            half_open = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
            for _, writer in half_open:
                writer.write(b"GET / HT")
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                answers = [await client.get("/") for _ in range(3)]
            for _, writer in half_open:
                writer.close()
            return [answer.status_code for answer in answers]

    assert asyncio.run(ask()) == [200] * 3


def test_a_connection_too_many_is_refused_while_all_are_busy() -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"

    async def ask(proxies: str) -> tuple[bytes, bytes]:
        async with serve(Limits(connections_an_address=2), proxies) as port:
            busy = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            for _, writer in busy:
                writer.write(head)
            await asyncio.sleep(0.1)
            refused = await say(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            for reader, writer in busy:
                writer.write(b"xxxxx")
                assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
                writer.close()
            again = await say(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return refused, again

    refused, again = asyncio.run(ask(""))
    assert refused.startswith(b"HTTP/1.1 429 ")
    assert b"retry-after: 10" in refused
    assert again.startswith(b"HTTP/1.1 200 ")
    through_proxy, _ = asyncio.run(ask("127.0.0.1"))
    assert through_proxy.startswith(b"HTTP/1.1 200 "), "a trusted proxy speaks for many"
