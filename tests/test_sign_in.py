"""Who may see managers' pages: every way in that is refused, and the one that is not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import Message

from bayboard.access_commands import make_link
from config.settings import DEFAULT_WORKSHOP_FILE, Settings, SettingsError
from config.workshop import load_workshop
from dashboard.access import SESSION_COOKIE, Role, Ticket, User, link_box, session_box
from dashboard.app import create_app
from tests.fix_processes import StartCommand

KEY = "a key of thirty-two characters, at least"
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"
NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
MANAGER = User(Role.MANAGER)
PAGES = ("/devices", "/devices/", "/quarantine", "/quarantine?status=all")
INTERNALS = ("/manage/", "/manage/_dash-layout", "/manage/_dash-dependencies", "/manage/nothing")
CALLBACK = "/manage/_dash-update-component"
OPEN_TO_ALL = {
    "/",
    "/healthz",
    "/metrics",
    "/readyz",
    "/sign-in",
    "/sign-in/x",
    "/sign-out",
    "/stream/x/x",
    # The internals of the walls' app, which knows nothing but walls.
    "/_dash-component-suites/x/x",
    "/_dash-dependencies",
    "/_dash-layout",
    "/_dash-update-component",
}
Answer = TypeVar("Answer")


def make_app(key: str | None = KEY) -> FastAPI:
    return create_app(
        database_url=NO_DATABASE,
        workshop=load_workshop(DEFAULT_WORKSHOP_FILE),
        secret_key=key,
        clock=lambda: NOW,
    )


@pytest.fixture
def app() -> FastAPI:
    return make_app()


def session(user: User = MANAGER, hours: float = 1, key: str = KEY) -> dict[str, str]:
    ticket = Ticket(user, NOW + timedelta(hours=hours))
    return {SESSION_COOKIE: session_box(key).sign(ticket)}


def visit(
    app: FastAPI, question: Callable[[httpx.AsyncClient], Awaitable[Answer]], *, address: str = "http://board"
) -> Answer:
    """Ask the app something the way a browser would."""

    async def ask() -> Answer:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=address) as client:
            return await question(client)

    return asyncio.run(ask())


def with_cookies(headers: dict[str, str] | None, cookies: dict[str, str] | None) -> dict[str, str]:
    cookie = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    return {**(headers or {}), "cookie": cookie}


def get(
    app: FastAPI, path: str, cookies: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    return visit(app, lambda client: client.get(path, headers=with_cookies(headers, cookies)))


def post(
    app: FastAPI, path: str, cookies: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    return visit(app, lambda client: client.post(path, json={}, headers=with_cookies(headers, cookies)))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sends_whoever_is_not_signed_in_to_the_page_that_says_how(app: FastAPI, path: str) -> None:
    answer = get(app, path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", INTERNALS)
def test_what_pages_are_made_of_is_refused_to_whoever_is_not_signed_in(app: FastAPI, path: str) -> None:
    assert get(app, path).status_code == 401


@pytest.mark.parametrize("host", ["board/wall/s1?", "board/healthz#", "board/assets/"])
def test_a_host_header_opens_no_door(app: FastAPI, host: str) -> None:
    assert get(app, "/manage/_dash-layout", headers={"host": host}).status_code == 401
    assert get(app, "/devices", headers={"host": host}).status_code == 303


def test_a_callback_is_refused_to_whoever_is_not_signed_in(app: FastAPI) -> None:
    assert post(app, CALLBACK).status_code == 401


@pytest.mark.parametrize(
    "cookies",
    [
        {SESSION_COOKIE: "nonsense"},
        {SESSION_COOKIE: session()[SESSION_COOKIE][:-1]},
        session(hours=0),
        session(hours=-1),
        session(key="another key of thirty-two characters, or so"),
        {SESSION_COOKIE: link_box(KEY).sign(Ticket(MANAGER, NOW + timedelta(hours=1)))},
    ],
    ids=["nonsense", "cut", "over now", "over", "another key", "a link's ticket"],
)
def test_a_session_that_is_not_ours_or_over_is_none(app: FastAPI, cookies: dict[str, str]) -> None:
    assert get(app, "/devices", cookies).status_code == 303
    assert post(app, CALLBACK, cookies).status_code == 401


def test_a_foreman_is_no_manager(app: FastAPI) -> None:
    foreman = session(User(Role.FOREMAN))
    page = get(app, "/devices?lang=zh", foreman)
    assert page.status_code == 403
    assert "本页仅供经理使用" in page.text
    assert post(app, CALLBACK, foreman).status_code == 403


def test_a_manager_is_let_in(app: FastAPI) -> None:
    answer = get(app, "/devices", session())
    assert answer.status_code == 200
    assert "/manage/_dash-component-suites/" in answer.text
    assert get(app, "/manage/_dash-layout", session()).status_code == 200


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://board:81", "null"])
def test_a_page_of_another_site_cannot_make_a_manager_do_anything(app: FastAPI, origin: str) -> None:
    assert post(app, CALLBACK, session(), {"origin": origin}).status_code == 403
    assert post(app, CALLBACK, session(), {"origin": "http://board"}).status_code not in {401, 403}


def test_every_route_that_is_not_named_here_is_closed_to_strangers(app: FastAPI) -> None:
    paths: set[str] = set()
    for route in app.routes:
        if isinstance(route, APIRoute):
            path = "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))
            ask = get if "GET" in (route.methods or ()) else post
            if ask(app, path).status_code not in {303, 401, 404} or path in OPEN_TO_ALL:
                paths.add(path)
    assert paths - {"/_favicon.ico", "/_reload-hash", "/x"} == OPEN_TO_ALL


@pytest.mark.parametrize("cookies", [{}, session()], ids=["a stranger", "a manager"])
@pytest.mark.parametrize("path", ["/nothing", "/manag", "/.//manage/_dash-layout", "/devices/more", "/docs"])
def test_what_is_not_there_is_not_found_whoever_asks(
    app: FastAPI, path: str, cookies: dict[str, str]
) -> None:
    assert get(app, path, cookies).status_code == 404


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/manage/_dash-ws-callback", {}),
        ("/_dash-ws-callback", {}),
        ("/manage/_dash-ws-callback", {"origin": "http://board"}),
        ("/manage/_dash-ws-callback", {"origin": "http://elsewhere", **session()}),
        ("/manage/_dash-ws-callback", session()),
    ],
    ids=["stranger", "stranger at a wall", "stranger from here", "manager from elsewhere", "no origin"],
)
def test_a_websocket_is_closed_before_it_is_open(app: FastAPI, path: str, headers: dict[str, str]) -> None:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    async def connect() -> Message:
        return {"type": "websocket.connect"}

    cookie = f"{SESSION_COOKIE}={headers[SESSION_COOKIE]}" if SESSION_COOKIE in headers else ""
    asked = {"host": "board", "cookie": cookie, "origin": headers.get("origin", "")}
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in asked.items() if value],
        "subprotocols": [],
    }
    asyncio.run(app(scope, connect, keep))
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize(("address", "secure"), [("http://board", False), ("https://board", True)])
def test_a_link_signs_in_with_a_cookie_no_script_and_no_other_site_can_use(
    app: FastAPI, address: str, secure: bool
) -> None:
    link = make_link(KEY, Ticket(MANAGER, NOW + timedelta(hours=1)), address)
    answer = visit(app, lambda client: client.get(link), address=address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) is secure
    name, _, value = cookie.partition(";")[0].partition("=")
    assert get(app, "/devices", {name: value}).status_code == 200


@pytest.mark.parametrize(
    ("ticket", "words"),
    [
        (link_box(KEY).sign(Ticket(MANAGER, NOW)), "This link has expired"),
        (link_box(KEY).sign(Ticket(MANAGER, NOW + timedelta(hours=1)))[:-3], "This link does not work"),
        (session()[SESSION_COOKIE], "This link does not work"),
    ],
    ids=["expired", "cut", "a session's ticket"],
)
def test_a_link_that_is_no_good_says_so(app: FastAPI, ticket: str, words: str) -> None:
    answer = get(app, f"/sign-in/{ticket}")
    assert answer.status_code == 403
    assert words in answer.text
    assert "set-cookie" not in answer.headers


def test_signing_out_takes_the_cookie_away(app: FastAPI) -> None:
    answer = post(app, "/sign-out", session())
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert f'{SESSION_COOKIE}="";' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("path", "headers", "words"),
    [
        ("/sign-in", {}, "Sign in with a link"),
        ("/sign-in?lang=zh", {}, "请用链接登录"),
        ("/sign-in", {"accept-language": "zh-CN,zh;q=0.9"}, "请用链接登录"),
        ("/sign-in?lang=en", {"accept-language": "zh-CN"}, "Sign in with a link"),
    ],
)
def test_the_page_of_signing_in_speaks_the_visitors_language(
    app: FastAPI, path: str, headers: dict[str, str], words: str
) -> None:
    assert words in get(app, path, headers=headers).text


def test_the_language_that_was_asked_for_is_remembered(app: FastAPI) -> None:
    answer = get(app, "/devices?lang=zh", session())
    assert "bayboard_lang=zh" in answer.headers["set-cookie"]
    assert "set-cookie" not in get(app, "/devices?lang=xx", session()).headers


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/sign-in/whatever"])
def test_without_a_key_managers_pages_say_how_to_set_one(path: str) -> None:
    answer = get(make_app(key=None), path, session())
    assert answer.status_code == 503
    assert "BAYBOARD_SECRET_KEY" in answer.text
    assert post(make_app(key=None), CALLBACK, session()).status_code == 503


def test_without_a_key_walls_work() -> None:
    assert get(make_app(key=None), "/wall/s1").status_code == 200


def test_a_wall_loads_nothing_that_only_managers_need(app: FastAPI) -> None:
    for_managers = ("-suites/dash_mantine_components/", "-suites/dash_ag_grid/")
    assert not any(library in get(app, "/wall/s1").text for library in for_managers)
    assert all(library in get(app, "/devices", session()).text for library in for_managers)


def test_a_short_key_is_refused_at_start() -> None:
    with pytest.raises(SettingsError, match="BAYBOARD_SECRET_KEY must be at least 32"):
        Settings.from_environment({"BAYBOARD_SECRET_KEY": "k" * 31})


def test_a_missing_key_is_said_in_the_log(start_bayboard: StartCommand, free_port: Callable[[], int]) -> None:
    server = start_bayboard("serve", "--port", str(free_port()), BAYBOARD_DATABASE_URL=NO_DATABASE)
    server.wait_for_line("BAYBOARD_SECRET_KEY is not set")


def test_the_command_prints_a_link_for_a_role_and_sites(start_bayboard: StartCommand) -> None:
    command = start_bayboard(
        "access",
        "link",
        "--site",
        "s1",
        "--hours",
        "2",
        "--base-url",
        "https://board/",
        BAYBOARD_SECRET_KEY=KEY,
    )
    token = command.wait_for_line(r"^https://board/sign-in/(\S+)$")[1]
    assert command.wait() == 0
    ticket = link_box(KEY).read(token, NOW)
    assert ticket.user == User(Role.MANAGER, ("s1",))
    left = ticket.expires_at - datetime.now(UTC)
    assert timedelta(hours=1) < left <= timedelta(hours=2)


@pytest.mark.parametrize(
    ("options", "key", "words"),
    [
        (["--site", "s9"], KEY, "there is no site s9"),
        ([], "", "BAYBOARD_SECRET_KEY is not set"),
        ([], "short", "BAYBOARD_SECRET_KEY must be at least 32"),
    ],
)
def test_the_command_says_in_a_sentence_why_it_prints_no_link(
    start_bayboard: StartCommand, options: list[str], key: str, words: str
) -> None:
    command = start_bayboard("access", "link", *options, BAYBOARD_SECRET_KEY=key)
    command.wait_for_line(words)
    assert command.wait() == 1
