"""Every page, callback, export and stream answers well, whatever is stored."""

import asyncio
import os
import re
import traceback
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import psycopg
from fastapi import FastAPI
from structlog.testing import capture_logs

from config.settings import DEFAULT_WORKSHOP_FILE
from config.texts import LANGS
from config.workshop import load_workshop
from dashboard.access.identity import SESSION_COOKIE, Role, Ticket, User, session_box
from dashboard.app import create_app
from dashboard.doors import DOORS, find_place
from dashboard.pages.analytics.views import VIEWS
from models.queries.board.progress.links import make_progress_link
from models.schema.metadata import metadata
from tests.fixtures.access import KEY
from tests.rig.browserless import Tab, read_json
from tests.rig.extremes import DERIVED, Story, list_stories, name_tables, store

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
# Stories in the short form, and portions of the long one: a page lists at most some hundred rows.
SHARE, PORTIONS = 19, 16
LEAST_CALLBACKS = 20
ROLES = {"manager": User(Role.MANAGER), "foreman": User(Role.FOREMAN, ("s1",))}
# Behind these doors nothing is shown that devices or other programs store.
EMPTY_DOORS = {
    "/.well-known/security.txt", "/s/{token}", "/account/*",
    "/sign-in", "/sign-in/*", "/sign-out", "/analytics",
    "/manage/*", "/manage/assets/*", "/assets/*", "/_dash-*",
}  # fmt: skip


@dataclass(slots=True)
class Desk:
    """A dashboard over a database, in this process, and what went wrong at it."""

    app: FastAPI
    failures: list[str] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def sign_in(self, role: str, lang: str) -> AsyncIterator[httpx.AsyncClient]:
        ticket = Ticket(ROLES[role], NOW + timedelta(hours=9))
        cookies = {SESSION_COOKIE: session_box(KEY).sign(ticket), "bayboard_lang": lang}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://board", cookies=cookies, timeout=600
        ) as client:
            yield client

    async def get(self, client: httpx.AsyncClient, path: str) -> httpx.Response:
        self._note(path)
        answer = await client.get(path)
        if answer.status_code >= 500:
            self.failures.append(f"{path[:100]}: {answer.status_code}")
        return answer

    async def look(
        self, client: httpx.AsyncClient, prefix: str, path: str, search: str = "", *, press: bool = True
    ) -> None:
        """Open a page and use everything on it."""
        listed = read_json(await client.get(f"{prefix}_dash-dependencies"))
        tab = Tab(client, prefix, listed)
        await self.get(client, path + search)
        await tab.open(path, search)
        if press:
            await tab.press_everything()
        self.failures += [f"{path[:100]}{search}: {failure}" for failure in tab.failures]
        self.called |= tab.called

    async def watch(self, address: str, cookies: str, query: str = "") -> bytes:
        """Open a stream and return what comes until its first parts."""
        self._note(address)
        heard = bytearray()
        enough = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            heard.extend(message.get("body", b""))
            if b"event: parts" in heard or message.get("status", 200) != 200:
                enough.set()

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http",
            "path": address, "raw_path": address.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"host", b"board"), (b"cookie", cookies.encode())],
            "client": ("127.0.0.1", 1), "server": ("board", 80),
        }  # fmt: skip
        serving = asyncio.create_task(self.app(scope, receive, send))
        waiting = asyncio.create_task(enough.wait())
        await asyncio.wait({serving, waiting}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        enough.set()
        serving.cancel()
        await asyncio.gather(serving, waiting, return_exceptions=True)
        return bytes(heard)

    def list_unopened(self) -> set[str]:
        """Return the doors behind which nobody has looked."""
        return {door.address for door in DOORS} - self.opened - EMPTY_DOORS

    def _note(self, path: str) -> None:
        if place := find_place(unquote(path.partition("?")[0])):
            self.opened.add(place.door.address)


def fill(database_url: str, stories: Iterable[Story]) -> list[str]:
    """Store what the tables take of the stories; return those they do not take."""
    refused = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        for story in stories:
            try:
                with connection.transaction():
                    store(connection, story, NOW)
            except psycopg.Error as error:
                refused.append(f"{story}: {str(error).splitlines()[0]}")
    return refused


_ROOT = str(Path(__file__).parents[3])


def _where(entry: Any) -> str:
    """Say where in our own code something was raised."""
    error = entry["exc_info"]
    frames = (
        [
            f
            for f in traceback.extract_tb(error.__traceback__)
            if f.filename.startswith(_ROOT) and ".venv" not in f.filename
        ]
        if isinstance(error, BaseException)
        else []
    )
    return " < ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in frames[-3:])


async def visit_everything(database_url: str, stories: list[Story], lang: str) -> tuple[Desk, list[str]]:
    """Ask for all there is, as both roles; return the desk and what was logged with a traceback."""
    app = create_app(database_url=database_url, workshop=WORKSHOP, secret_key=KEY, clock=lambda: NOW)
    desk = Desk(app)
    with capture_logs() as logs:
        async with app.router.lifespan_context(app):
            await visit_lists(desk, lang)
            await visit_progress(desk, database_url, stories)
            # Each role in another language, so that a short form sees both.
            for role, its_lang in zip(ROLES, (lang, *(set(LANGS) - {lang})), strict=True):
                async with desk.sign_in(role, its_lang) as client:
                    for story in stories[0 if role == "manager" else 1 :: 1 if role == "manager" else 9]:
                        order = f"/orders/{quote(story.site, safe='')}/{quote(story.order, safe='')}"
                        press = story.number % 20 == 0
                        await desk.look(client, "/manage/", order, press=press)
                        await desk.look(
                            client, "/manage/", f"/vehicles/{quote(story.car, safe='')}", press=press
                        )
    failed = [
        f"{entry['event']}: {entry.get('error', '')} {entry['exc_info']!r} {_where(entry)}"
        for entry in logs
        if entry.get("exc_info")
    ]
    return desk, failed


async def visit_progress(desk: Desk, database_url: str, stories: Iterable[Story]) -> None:
    """Ask for each car's page as its customer does, each other one in the other language."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        for story in stories:
            try:
                token = await make_progress_link(connection, story.site, story.order, NOW)
            except (LookupError, psycopg.Error):  # no order of it was stored, or none that a link can name
                continue
            async with desk.sign_in("foreman", LANGS[0]) as client:
                await desk.get(client, f"/progress/{token}?lang={LANGS[story.number % 2]}")


async def visit_lists(desk: Desk, lang: str) -> None:
    """Ask for every page that is no single car's or order's."""
    async with desk.sign_in("manager", lang) as client:
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        for kind in ("wall", "lounge"):
            heard = await desk.watch(f"/stream/{kind}/s1", cookies)
            if b"event: parts" not in heard:
                desk.failures.append(f"/stream/{kind}: {heard[:200]!r}")
            for token in re.findall(rb"\b(NaN|-?Infinity)\b(?=[,}\]])", heard):
                desk.failures.append(f"/stream/{kind}: {token!r}")
            await desk.look(client, "/", f"/{kind}/s1")
        await desk.look(client, "/", "/wall/s1", "?zone=body")
        await desk.watch("/stream/wall/s1", cookies, "zone=body")
        for path in (
            "/",
            "/healthz",
            "/readyz",
            "/metrics",
            "/lounge/s1/progress.svg",
            "/progress",
            "/account",
        ):
            await desk.get(client, path)
        for view in VIEWS:
            await desk.look(client, "/manage/", f"/analytics/{view}", "?span=28d")
        for path in ("/devices", "/reminders", "/quarantine", "/screens", "/accounts", "/audit"):
            await desk.look(client, "/manage/", path)
        for typed in ("RO-1", "A0", "<b>", "%", "", "名"):
            await desk.look(client, "/manage/", "/vehicles", f"?find={quote(typed)}", press=False)


def test_every_table_has_a_story_or_is_derived() -> None:
    assert name_tables() | DERIVED == set(metadata.tables)
    assert not name_tables() & DERIVED


def test_every_page_answers_whatever_is_stored(database_url: str) -> None:
    """In short a part of the stories; `make proof-pages` stores every value of every column alone."""
    whole = bool(os.environ.get("BAYBOARD_PROOF_PAGES"))
    stories = list_stories(one_by_one=whole)
    portions = [stories[start::PORTIONS] for start in range(PORTIONS)] if whole else [stories[::SHARE]]
    for number, portion in enumerate(portions):
        assert fill(database_url, portion) == [] or whole
        desk, logged = asyncio.run(visit_everything(database_url, portion, LANGS[number % 2]))
        assert (desk.failures, logged, desk.list_unopened()) == ([], [], set())
        assert len(desk.called) > LEAST_CALLBACKS
