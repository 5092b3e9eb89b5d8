"""What strangers without an account can do to a dashboard, done to it: bodies, errors, connections, scripts.

Each attack is a number of raw connections, so that nothing of a client's good manners is in the way. A test
runs them small; `bayboard bench attacks` runs them whole and measures what everybody else notices.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress

_READ_SECONDS = 20.0
_ANSWER_BYTES = 64 * 1024

Statuses = Counter[str]
Attack = Callable[[int, int], Awaitable[Statuses]]


def _post(path: str, body: bytes, kind: str = "application/json", length: int | None = None) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: board\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def _send(port: int, *parts: bytes) -> str:
    """Send bytes on a connection of their own and return the status that is answered, or what happened."""
    try:
        async with asyncio.timeout(_READ_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answering = asyncio.create_task(reader.read(_ANSWER_BYTES))
            try:
                for part in parts:
                    if answering.done():
                        break
                    with suppress(ConnectionError):
                        writer.write(part)
                        await writer.drain()
                answer = await answering
            finally:
                answering.cancel()
                writer.close()
    except TimeoutError:
        return "no answer"
    except ConnectionError:
        return "closed"
    return answer.split(b" ")[1].decode() if answer.startswith(b"HTTP/") else "closed"


async def _send_all(port: int, requests: Iterator[tuple[bytes, ...]], at_once: int = 20) -> Statuses:
    places = asyncio.Semaphore(at_once)

    async def send(parts: tuple[bytes, ...]) -> str:
        async with places:
            return await _send(port, *parts)

    return Counter(await asyncio.gather(*map(send, requests)))


async def huge_bodies(port: int, scale: int) -> Statuses:
    """Send one JSON body of 150 MiB at full scale: as it says itself, in chunks, and as a form."""
    piece = b"[]," * 21_000
    pieces = 24 * scale
    path = "/_dash-update-component"
    declared = _post(path, b"[", length=len(piece) * pieces + 3)
    chunked = (
        f"POST {path} HTTP/1.1\r\nHost: board\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode()
    chunk = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    form = _post("/sign-in", b"name=", "application/x-www-form-urlencoded", length=len(piece) * pieces)
    attacks = ((declared, *[piece] * pieces), (chunked, *[chunk] * pieces), (form, *[piece] * pieces))
    return await _send_all(port, iter(attacks), at_once=1)


async def error_storm(port: int, scale: int) -> Statuses:
    """Cause errors: values of wrong types, forms with NUL, heads that are none."""
    callback = (
        b'{"output":".._pages_content.children..._pages_store.data..","outputs":[],"inputs":[%s],"state":[]}'
    )
    given = b'{"id":"_pages_location","property":"pathname","value":5}'
    form = "application/x-www-form-urlencoded"
    kinds = (
        (_post("/_dash-update-component", callback % given),),
        (_post("/_dash-update-component", b"[" * 8000),),
        (_post("/_dash-update-component", b'{"output":5}'),),
        (_post("/progress", b"plate_end=%00&code=%00", form),),
        (_post("/sign-in", b"name=%00&password=%00", form),),
        (b"\x16\x03\x01\x00nonsense\r\n\r\n",),
        (b"GET /%00 HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n",),
    )
    return await _send_all(port, (kind for _ in range(10 * scale) for kind in kinds))


async def half_open(port: int, scale: int) -> Statuses:
    """Open connections that never say what they want, or never send the body that they announce."""
    slow = _post("/progress", b"plate_end=", length=4000)
    endless = b"GET / HTTP/1.1\r\n" + b"X-Pad: " + b"a" * 60_000
    kinds = ((b"GET / HTTP/1.1\r\nHos",), (b"",), (slow,), (endless,))
    return await _send_all(port, (kind for _ in range(7 * scale) for kind in kinds), at_once=10_000)


async def unread_scripts(port: int, scale: int) -> Statuses:
    """Ask for the largest script again and again, as who takes nothing packed and reads nothing of it."""
    head = b"GET /_dash-component-suites/plotly/package_data/plotly.min.js HTTP/1.1\r\nHost: board\r\n\r\n"

    async def hold() -> str:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            return "closed"
        writer.write(head)
        await asyncio.sleep(3)
        writer.transport.abort()
        return "held"

    return Counter(await asyncio.gather(*(hold() for _ in range(10 * scale))))


async def unknown_screens(port: int, scale: int) -> Statuses:
    """Show tokens of screens that there never were."""
    requests = (
        (
            f"GET /wall/s1 HTTP/1.1\r\nHost: board\r\nCookie: bayboard_wall_s1=never{number % 40:021}\r\n"
            "Connection: close\r\n\r\n".encode(),
        )
        for number in range(40 * scale)
    )
    return await _send_all(port, requests)


ATTACKS: Mapping[str, Attack] = {
    "bodies of 150 MiB (H1)": huge_bodies,
    "an error each request (H2, L3)": error_storm,
    "half-open connections (M6)": half_open,
    "scripts that are not read": unread_scripts,
    "unknown screens (L15)": unknown_screens,
}


def run_attack(name: str, port: int, scale: int) -> Statuses:
    """Attack a dashboard on this machine; returns how often each status was answered."""

    async def attack() -> Statuses:
        return await ATTACKS[name](port, scale)

    return asyncio.run(attack())
