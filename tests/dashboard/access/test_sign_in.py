"""Signing in, staying signed in, and everything that ends it; the whole app in one process."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
import psycopg
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import Message

from bayboard.commands.access import make_link
from bayboard.console import ask_database
from config.settings import DEFAULT_WORKSHOP_FILE, Settings, SettingsError
from config.workshop import load_workshop
from dashboard.access.attempts import PER_ACCOUNT, PER_ADDRESS, WINDOW
from dashboard.access.identity import SESSION_COOKIE, Role, Ticket, User, session_box
from dashboard.app import create_app
from dashboard.office.export import RECORD_GRIDS
from models.queries.access.links import revoke_access_link
from tests.fixtures.processes import StartCommand

KEY = "a key of thirty-two characters, at least"
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"
NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
MANAGER = User(Role.MANAGER)
PASSWORD = "correct horse battery"  # noqa: S105  # there is nothing behind it
CALLBACK = "/manage/_dash-update-component"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OPEN_TO_ALL = {
    "/healthz",
    "/metrics",
    "/readyz",
    "/sign-in",
    "/sign-in/x",
    "/sign-in/code",
    "/sign-in/second-factor",
    "/sign-out",
    "/s/x",
    "/progress",
    "/progress/x",
    "/progress/x/now",
    # The internals of the boards' app; its layouts ask for themselves.
    "/_dash-component-suites/x/x",
    "/_dash-dependencies",
    "/_dash-layout",
    "/_dash-update-component",
}
Answer = TypeVar("Answer")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def make_app(
    key: str | None = KEY,
    database_url: str = NO_DATABASE,
    clock: Callable[[], datetime] = lambda: NOW,
    public_url: str | None = None,
) -> FastAPI:
    return create_app(
        database_url=database_url,
        workshop=load_workshop(DEFAULT_WORKSHOP_FILE),
        secret_key=key,
        public_url=public_url,
        clock=clock,
    )


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return make_app()


def session(user: User = MANAGER, hours: float = 1) -> dict[str, str]:
    return {SESSION_COOKIE: session_box(KEY).sign(Ticket(user, NOW + timedelta(hours=hours)))}


def visit(
    app: FastAPI,
    question: Callable[[httpx.AsyncClient], Awaitable[Answer]],
    *,
    address: str = "http://board",
    cookies: dict[str, str] | None = None,
) -> Answer:
    """Ask the app something the way a browser would."""

    async def ask() -> Answer:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=address, cookies=cookies) as client:
            return await question(client)

    return asyncio.run(ask())


def get(
    app: FastAPI, path: str, cookies: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    return visit(app, lambda client: client.get(path, headers=headers), cookies=cookies)


def post(app: FastAPI, path: str, cookies: dict[str, str] | None = None, **form: str) -> httpx.Response:
    return visit(app, lambda client: client.post(path, data=form), cookies=cookies)


def sign_in(app: FastAPI, password: str = PASSWORD, name: str = "chen", **form: str) -> httpx.Response:
    return post(app, "/sign-in", None, **{"name": name, "password": password, **form})


def given(answer: httpx.Response) -> dict[str, str]:
    """Return the session that an answer gives."""
    name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
    is_secure = "Secure" in answer.headers["set-cookie"]
    assert name == f"{'__Host-' * is_secure}{SESSION_COOKIE}"
    return {name: value}


def add_account(
    database_url: str, name: str = "chen", role: str = "manager", sites: list[str] | None = None
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into account (name, label, password_hash, role, sites, session_version, added_at)"
            " values (%(name)s, %(name)s, %(hash)s, %(role)s, %(sites)s, 1, now())",
            {"name": name, "hash": HASHER.hash(PASSWORD), "role": role, "sites": sites},
        )


def run(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(statement)


# With a name and a password.


@pytest.mark.parametrize("name", ["chen", " Chen "])
def test_a_name_and_a_password_sign_in(database_url: str, name: str) -> None:
    add_account(database_url)
    app = make_app(database_url=database_url)
    answer = sign_in(app, PASSWORD, name)
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices")
    assert get(app, "/devices", given(answer)).status_code == 200


@pytest.mark.parametrize("name", ["chen", "gone", "nobody", "'; drop table account", ""])
def test_a_wrong_password_a_disabled_account_and_no_account_are_one_answer(
    database_url: str, name: str
) -> None:
    add_account(database_url)
    add_account(database_url, "gone")
    run(database_url, "update account set disabled_at = now() where name = 'gone'")
    password = "wrong horse battery" if name == "chen" else PASSWORD
    answer = post(make_app(database_url=database_url), "/sign-in", name=name, password=password)
    assert answer.status_code == 403
    assert "The user name or the password is wrong." in answer.text
    assert "set-cookie" not in answer.headers


def test_an_account_is_tried_so_often_and_no_more_over_every_process(database_url: str) -> None:
    add_account(database_url)
    clock = Clock()
    processes = [make_app(database_url=database_url, clock=clock) for _ in range(2)]
    for attempt in range(PER_ACCOUNT):
        assert sign_in(processes[attempt % 2], "wrong").status_code == 403
    refused = sign_in(processes[0], PASSWORD)
    assert refused.status_code == 429
    assert "Try again in 15 min" in refused.text
    clock.now += WINDOW
    assert sign_in(processes[1], PASSWORD).status_code == 303


def test_an_address_tries_so_often_and_no_more(database_url: str) -> None:
    add_account(database_url)
    run(database_url, f"insert into sign_in_attempts values ('address 127.0.0.1', '{NOW}', {PER_ADDRESS})")
    app = make_app(database_url=database_url)
    assert sign_in(app).status_code == 429
    with psycopg.connect(database_url) as connection:
        # Whoever is refused for the address uses up nobody's account.
        assert connection.execute("select key from sign_in_attempts").fetchall() == [("address 127.0.0.1",)]


def test_signing_in_forgives_what_was_mistyped_before(database_url: str) -> None:
    add_account(database_url)
    app = make_app(database_url=database_url)
    for _ in range(PER_ACCOUNT - 1):
        sign_in(app, "wrong")
    assert sign_in(app).status_code == 303
    assert sign_in(app, "wrong").status_code == 403


def test_a_hash_of_older_parameters_is_made_anew_and_sessions_go_on(database_url: str) -> None:
    add_account(database_url)
    app = make_app(database_url=database_url)
    first = given(sign_in(app))
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select password_hash from account").fetchone()
    assert row
    assert not PasswordHasher().check_needs_rehash(row[0])
    assert sign_in(app).status_code == 303
    assert get(app, "/devices", first).status_code == 200


def test_a_database_that_is_away_is_said() -> None:
    answer = post(make_app(), "/sign-in", name="chen", password=PASSWORD)
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text


@pytest.mark.parametrize(
    ("goal", "place"),
    [
        ("/quarantine", "/quarantine"),
        ("/orders/s1/RO-1", "/orders/s1/RO-1"),
        ("", "/devices"),
        ("https://elsewhere.example/devices", "/devices"),
        ("//elsewhere.example/devices", "/devices"),
        ("/\\elsewhere.example", "/devices"),
        ("/stream/wall/s1", "/devices"),
        ("/nothing", "/devices"),
        ("/sign-in", "/devices"),
    ],
)
def test_signing_in_leads_to_a_page_of_our_own(database_url: str, goal: str, place: str) -> None:
    add_account(database_url)
    app = make_app(database_url=database_url)
    answer = sign_in(app, PASSWORD, next=goal)
    assert answer.headers["location"] == place


def test_what_comes_from_outside_is_shown_as_words(app: FastAPI) -> None:
    page = get(app, "/sign-in?next=/x%22%3E%3Cscript%3E").text
    assert "<script>" not in page
    answer = sign_in(app, "x", '"><script>')
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


# One's own account.


def signed_in(database_url: str) -> tuple[FastAPI, dict[str, str], dict[str, str]]:
    """Return an app and two sessions of one account."""
    add_account(database_url)
    app = make_app(database_url=database_url)
    first, second = (given(sign_in(app)) for _ in range(2))
    return app, first, second


def change(app: FastAPI, cookies: dict[str, str], current: str, new: str, again: str) -> httpx.Response:
    return post(app, "/account/password", cookies, current=current, new=new, again=again)


def test_another_password_ends_every_session_but_this(database_url: str) -> None:
    app, here, elsewhere = signed_in(database_url)
    answer = change(app, here, PASSWORD, "another long one", "another long one")
    assert answer.status_code == 200
    assert "The password is changed" in answer.text
    assert get(app, "/devices", given(answer)).status_code == 200
    assert [get(app, "/devices", old).status_code for old in (here, elsewhere)] == [303, 303]
    assert sign_in(app).status_code == 403
    assert sign_in(app, "another long one").status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "status", "words"),
    [
        ("wrong", "another long one", "another long one", 403, "The current password is wrong"),
        (PASSWORD, "short", "short", 400, "at least 10 characters"),
        (PASSWORD, "aaaaaaaaaa", "aaaaaaaaaa", 400, "easy to guess"),
        (PASSWORD, "chenchenchen", "chenchenchen", 400, "easy to guess"),
        (PASSWORD, "Bayboard2026", "Bayboard2026", 400, "easy to guess"),
        (PASSWORD, "another long one", "another long 1", 400, "are not the same"),
    ],
)
def test_a_password_that_cannot_be_changes_nothing(
    database_url: str, current: str, new: str, again: str, status: int, words: str
) -> None:
    app, here, elsewhere = signed_in(database_url)
    answer = change(app, here, current, new, again)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert [get(app, "/devices", cookies).status_code for cookies in (here, elsewhere)] == [200, 200]


def test_signing_out_everywhere_ends_every_session(database_url: str) -> None:
    app, here, elsewhere = signed_in(database_url)
    assert post(app, "/account/end-sessions", here).headers["location"] == "/sign-in"
    # Another process would know within seconds; this one has to be asked by somebody new.
    given(sign_in(app))
    later = make_app(database_url=database_url)
    assert [get(later, "/devices", cookies).status_code for cookies in (here, elsewhere)] == [303, 303]


def test_what_an_account_may_do_counts_now_not_when_it_signed_in(database_url: str) -> None:
    _, here, _ = signed_in(database_url)
    run(database_url, "update account set role = 'foreman'")
    assert get(make_app(database_url=database_url), "/devices", here).status_code == 403


def test_a_session_ends_by_itself(database_url: str) -> None:
    add_account(database_url)
    clock = Clock()
    app = make_app(database_url=database_url, clock=clock)
    cookies = given(sign_in(app))
    clock.now += timedelta(hours=12)
    assert get(app, "/devices", cookies).status_code == 303


def test_signing_out_takes_the_cookie_away(app: FastAPI) -> None:
    answer = post(app, "/sign-out", session())
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert f'{SESSION_COOKIE}="";' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


# With a link.


def add_link(
    database_url: str, hours: float = 1, *, address: str = "http://board", reusable: bool = False
) -> str:
    """Return the address of a link of a manager of every site."""
    return ask_database(
        database_url,
        lambda connection: make_link(
            connection, address, Role.MANAGER, None, NOW, timedelta(hours=hours), reusable=reusable
        ),
    )


@pytest.mark.parametrize(
    ("address", "public_url", "secure"),
    [("http://board", None, False), ("https://board", None, True), ("http://board", "https://board", True)],
)
def test_a_link_signs_in_with_a_cookie_no_script_and_no_other_site_can_use(
    database_url: str, address: str, public_url: str | None, secure: bool
) -> None:
    app = make_app(database_url=database_url, public_url=public_url)
    link = add_link(database_url, address=address)
    answer = visit(app, lambda client: client.post(link), address=address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) is secure
    again = visit(app, lambda client: client.get("/devices"), address=address, cookies=given(answer))
    assert again.status_code == 200


def test_a_link_works_once_and_looking_at_it_does_not_use_it_up(database_url: str) -> None:
    app, link = make_app(database_url=database_url), add_link(database_url)
    for _ in range(2):
        shown = visit(app, lambda client: client.get(link))
        assert (shown.status_code, "signs you in once" in shown.text) == (200, True)
        assert "set-cookie" not in shown.headers
    assert visit(app, lambda client: client.post(link)).status_code == 303
    for ask in (lambda client: client.get(link), lambda client: client.post(link)):
        again = visit(app, ask)
        assert (again.status_code, "This link was used already" in again.text) == (403, True)


def test_a_reusable_link_signs_in_again_and_again(database_url: str) -> None:
    app, link = make_app(database_url=database_url), add_link(database_url, reusable=True)
    assert [visit(app, lambda client: client.get(link)).status_code for _ in range(2)] == [303, 303]


def test_a_revoked_link_and_every_session_it_began_are_over(database_url: str) -> None:
    app, link = make_app(database_url=database_url), add_link(database_url, reusable=True)
    session_of_link = given(visit(app, lambda client: client.get(link)))
    ask_database(database_url, lambda connection: revoke_access_link(connection, 1, NOW))
    assert "This link was revoked" in visit(app, lambda client: client.get(link)).text
    assert get(make_app(database_url=database_url), "/devices", session_of_link).status_code == 303


def test_a_link_that_is_no_good_says_so(database_url: str) -> None:
    app = make_app(database_url=database_url)
    expired, cut = add_link(database_url, hours=0), add_link(database_url)[:-3]
    for link, words in (
        (expired, "This link has expired"),
        (cut, "This link does not work"),
        (f"/sign-in/{session()[SESSION_COOKIE]}", "This link does not work"),
    ):
        answer = get(app, link)
        assert (answer.status_code, words in answer.text) == (403, True)
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("path", "headers", "words"),
    [
        ("/sign-in", {}, "User name"),
        ("/sign-in?lang=zh", {}, "用户名"),
        ("/sign-in", {"accept-language": "zh-CN,zh;q=0.9"}, "用户名"),
        ("/sign-in?lang=en", {"accept-language": "zh-CN"}, "User name"),
    ],
)
def test_the_page_of_signing_in_speaks_the_visitors_language(
    app: FastAPI, path: str, headers: dict[str, str], words: str
) -> None:
    assert words in get(app, path, headers=headers).text


# What holds for the app as a whole.


def test_every_route_that_is_not_named_here_is_closed_to_strangers(app: FastAPI) -> None:
    paths: set[str] = set()
    for route in app.routes:
        if isinstance(route, APIRoute):
            path = "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))
            ask = get if "GET" in (route.methods or ()) else post
            answer = ask(app, path)
            to_sign_in = answer.headers.get("location", "").startswith("/sign-in?next=")
            if not to_sign_in and answer.status_code not in {401, 404}:
                paths.add(path)
    assert paths <= OPEN_TO_ALL


def warm_up(app: FastAPI) -> None:
    """Have Dash register its callbacks, as it does when the app starts."""
    visit(app, lambda client: client.get("/manage/"), cookies=session())


def give_nothing(expected: dict[str, str]) -> object:
    """Return an input without a value, as Dash's own script sends it."""
    if expected["id"].startswith("{"):
        return []
    return {**expected, "value": "" if expected["property"] == "pathname" else None}


def ask_callback(app: FastAPI, output: str, user: User) -> int:
    """Return the status of a callback that is asked for as somebody."""
    callback = app.state.dash_apps["manage"].callback_map[output]
    body = {
        "output": output,
        "outputs": [
            {"id": name.rpartition(".")[0], "property": name.rpartition(".")[2].partition("@")[0]}
            for name in output.strip(".").split("...")
        ],
        "inputs": list(map(give_nothing, callback["inputs"])),
        "state": list(map(give_nothing, callback["state"])),
        "changedPropIds": [],
    }
    return visit(app, lambda client: client.post(CALLBACK, json=body), cookies=session(user)).status_code


def test_every_callback_of_managers_pages_refuses_a_foreman(app: FastAPI) -> None:
    warm_up(app)
    outputs = app.state.dash_apps["manage"].callback_map
    for_foremen = ("shell.", "..order", "..vehicle", *(f"analytics-{grid}-file." for grid in RECORD_GRIDS))
    asked = [
        output
        for output, callback in outputs.items()
        if "callback" in callback and not output.startswith(for_foremen)
    ]
    assert len(asked) > 5
    foreman = User(Role.FOREMAN, ("s1",))
    assert {output: ask_callback(app, output, foreman) for output in asked} == dict.fromkeys(asked, 403)


@pytest.mark.parametrize(
    ("user", "path", "status"),
    [
        (User(Role.FOREMAN), "/devices", 403),
        (User(Role.MANAGER), "/devices", 200),
    ],
)
def test_the_frame_draws_a_page_only_for_those_it_is_for(
    app: FastAPI, user: User, path: str, status: int
) -> None:
    warm_up(app)
    body = {
        "output": "shell.children",
        "outputs": {"id": "shell", "property": "children"},
        "inputs": [{"id": "url", "property": "pathname", "value": path}],
        "state": [{"id": "url", "property": "search", "value": ""}],
        "changedPropIds": ["url.pathname"],
    }
    answer = visit(app, lambda client: client.post(CALLBACK, json=body), cookies=session(user))
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("cookies", "path", "search", "status"),
    [
        ({}, "/wall/s1", "", 403),
        ({}, "/lounge/s1", "", 403),
        ({}, "/", "", 403),
        (session(User(Role.FOREMAN, ("s2",))), "/wall/s1", "", 403),
        # Dash lets what stands in the query replace what stands in the path.
        (session(User(Role.FOREMAN, ("s2",))), "/wall/s2", "?site=s1", 403),
        (session(User(Role.FOREMAN, ("s1",))), "/wall/s1", "", 200),
        (session(), "/wall/s1", "", 200),
    ],
)
def test_a_board_is_drawn_only_for_those_who_may_see_it(
    app: FastAPI, cookies: dict[str, str], path: str, search: str, status: int
) -> None:
    visit(app, lambda client: client.get("/_dash-layout"))
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }
    answer = visit(app, lambda client: client.post("/_dash-update-component", json=body), cookies=cookies)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/manage/_dash-ws-callback", {}),
        ("/_dash-ws-callback", {}),
        ("/manage/_dash-ws-callback", {"origin": "http://board"}),
        ("/manage/_dash-ws-callback", {"origin": "http://elsewhere", **session()}),
        ("/manage/_dash-ws-callback", session()),
        ("/_dash-ws-callback", {"origin": "http://board", **session()}),
    ],
    ids=["stranger", "at a wall", "from here", "manager from elsewhere", "no origin", "manager at a wall"],
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


def test_every_answer_says_what_a_browser_may_do_with_it(app: FastAPI) -> None:
    page = get(app, "/devices", session())
    policy = dict(
        part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert policy["connect-src"] == policy["form-action"] == "'self'"
    assert {policy[name] for name in ("object-src", "base-uri", "frame-ancestors")} == {"'none'"}
    for answer in (
        page,
        get(app, "/sign-in"),
        get(app, "/devices"),
        get(app, "/nothing"),
        get(app, "/healthz"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" not in answer.headers
    assert get(app, "/sign-in").headers["cache-control"] == "no-store"


def test_a_dashboard_behind_https_asks_browsers_to_stay_there() -> None:
    answer = get(make_app(public_url="https://board.example"), "/sign-in")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("path", ["/devices", "/sign-in", "/sign-in/whatever"])
def test_without_a_key_pages_say_how_to_set_one(path: str) -> None:
    answer = get(make_app(key=None), path, session())
    assert answer.status_code == 503
    assert "BAYBOARD_SECRET_KEY" in answer.text


def test_a_wall_loads_nothing_that_only_managers_need(app: FastAPI) -> None:
    for_managers = ("-suites/dash_mantine_components/", "-suites/dash_ag_grid/")
    assert not any(library in get(app, "/wall/s1", session()).text for library in for_managers)
    assert all(library in get(app, "/devices", session()).text for library in for_managers)


# Settings and the command.


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("k" * 31, "must be at least 32"),
        ("a" * 32, "must be random"),
        ("change-me-" * 4, "must be random"),
        (f"{'0123456789abcdef' * 4},{'password' * 4}", "key 2 of 2 must be random"),
    ],
)
def test_a_key_that_could_be_guessed_is_refused_at_start(key: str, words: str) -> None:
    with pytest.raises(SettingsError, match=f"BAYBOARD_SECRET_KEY {words}"):
        Settings.from_environment({"BAYBOARD_SECRET_KEY": key})


def test_while_a_key_takes_anothers_place_sessions_of_both_hold() -> None:
    new, old = "b7e1" + "5c0f92ad" * 4, "09f3" + "7ad61e4c" * 4
    both = make_app(key=f"{new},{old}")
    ticket = Ticket(MANAGER, NOW + timedelta(hours=1))
    cookies = {key: {SESSION_COOKIE: session_box(key).sign(ticket)} for key in (new, old, KEY)}
    assert [get(both, "/devices", given).status_code for given in cookies.values()] == [200, 200, 303]
    # The first key signs.
    signed = session_box(f"{new},{old}").sign(ticket)
    assert session_box(new).read(signed, NOW) == ticket


@pytest.mark.parametrize("url", ["board.example", "ftp://board.example", "https://board.example/below"])
def test_an_address_that_is_none_is_refused_at_start(url: str) -> None:
    with pytest.raises(SettingsError, match="BAYBOARD_PUBLIC_URL must look like"):
        Settings.from_environment({"BAYBOARD_PUBLIC_URL": url})


def test_a_missing_key_is_said_in_the_log(start_bayboard: StartCommand, free_port: Callable[[], int]) -> None:
    server = start_bayboard("serve", "--port", str(free_port()), BAYBOARD_DATABASE_URL=NO_DATABASE)
    server.wait_for_line("BAYBOARD_SECRET_KEY is not set")


def test_the_command_prints_a_link_lists_it_and_revokes_it(
    start_bayboard: StartCommand, database_url: str
) -> None:
    def run_command(*arguments: str) -> tuple[int, list[str]]:
        known = {"BAYBOARD_DATABASE_URL": database_url, "BAYBOARD_SECRET_KEY": KEY}
        return start_bayboard("access", *arguments, **known).finish()

    status, lines = run_command("link", "--site", "s1", "--hours", "2", "--base-url", "https://board/")
    assert status == 0
    assert re.fullmatch(r"https://board/sign-in/\w{26}", lines[0])
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select role, sites, expires_at - made_at, reusable from access_link"
        ).fetchone()
    assert row == ("manager", ["s1"], timedelta(hours=2), False)
    assert "new" in run_command("list")[1][1]
    assert run_command("revoke", "1")[0] == 0
    assert "revoked" in run_command("list")[1][1]
    assert run_command("revoke", "1")[0] == 1


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
    command = start_bayboard(
        "access", "link", *options, BAYBOARD_SECRET_KEY=key, BAYBOARD_DATABASE_URL=NO_DATABASE
    )
    command.wait_for_line(words)
    assert command.wait() == 1
