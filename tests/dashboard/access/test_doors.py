"""Every address of the dashboard and everybody who might ask for it: who comes in, who is refused how."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from dashboard.access.guard import Guard
from dashboard.access.identity import SESSION_COOKIE, Role, Ticket, User, halfway_box, session_box
from dashboard.access.origin import Origin
from dashboard.access.passes import Passes
from dashboard.doors import DOORS, find_place
from models.queries.access.screens import hash_token

KEY = "a key of thirty-two characters, at least"
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"
NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)

MANAGERS = {"manager", "manager's link", "manager of s1"}
FOREMEN = {"foreman", "foreman's link"}
STAFF = MANAGERS | FOREMEN
ELSEWHERE = {"manager of s2", "foreman of s2"}
SIGNED_IN = STAFF | ELSEWHERE
# Whoever shows something that looks like a screen's, so that a board says so and asks for no password.
SCREENS = {
    "wall of s1", "wall of s2", "lounge of s1", "lounge of s2",
    "revoked wall", "tampered wall", "wall's token as a lounge's",
}  # fmt: skip
NOBODIES = {
    "nobody", "expired", "expired link", "tampered", "another key", "halfway as a session",
    "disabled", "signed out everywhere", "an account that is not there", "nonsense",
}  # fmt: skip
EVERYBODY = SIGNED_IN | SCREENS | NOBODIES

# Written by hand, not read from the list of doors: this is what the list has to mean.
COMES_IN: Mapping[str, set[str]] = {
    "/": SIGNED_IN,
    "/wall/s1": STAFF | {"wall of s1", "wall's token as a lounge's"},
    "/stream/wall/s1": STAFF | {"wall of s1", "wall's token as a lounge's"},
    "/lounge/s1": STAFF | {"lounge of s1"},
    "/lounge/s1/progress.svg": STAFF | {"lounge of s1"},
    "/stream/lounge/s1": STAFF | {"lounge of s1"},
    "/s/token": EVERYBODY,
    "/progress": EVERYBODY,
    "/progress/token": EVERYBODY,
    "/orders/s1/RO-1": STAFF,
    "/vehicles": SIGNED_IN,
    "/vehicles/VIN": SIGNED_IN,
    "/analytics": MANAGERS | {"manager of s2"},
    "/analytics/bays": MANAGERS | {"manager of s2"},
    "/reminders": MANAGERS | {"manager of s2"},
    "/devices": MANAGERS | {"manager of s2"},
    "/quarantine": MANAGERS | {"manager of s2"},
    "/screens": MANAGERS | {"manager of s2"},
    "/accounts": MANAGERS | {"manager of s2"},
    "/audit": MANAGERS | {"manager of s2"},
    "/account": SIGNED_IN,
    "/account/password": SIGNED_IN,
    "/sign-in": EVERYBODY,
    "/sign-in/token": EVERYBODY,
    "/sign-out": EVERYBODY,
    "/manage/assets/manage.css": EVERYBODY,
    "/manage/_dash-layout": SIGNED_IN,
    "/assets/wall.css": EVERYBODY,
    "/_dash-layout": EVERYBODY,
    "/healthz": EVERYBODY,
    "/readyz": EVERYBODY,
    "/metrics": EVERYBODY,
    "/.well-known/security.txt": EVERYBODY,
}
BOARDS = ("/wall/", "/lounge/", "/stream/")
NO_PAGES = ("/stream/", "/manage/", "/assets/", "/_dash-", "/lounge/s1/")


def sign(
    user: User, *, hours: float = 1, version: int | None = 3, key: str = KEY, halfway: bool = False
) -> dict[str, str]:
    box = halfway_box(key) if halfway else session_box(key)
    return {SESSION_COOKIE: box.sign(Ticket(user, NOW + hours * HOUR, version))}


def account(name: str) -> User:
    # What the ticket says of role and sites does not count: what the account says does.
    return User(Role.MANAGER, None, name)


VISITORS: Mapping[str, dict[str, str]] = {
    "manager": sign(account("manager")),
    "manager's link": sign(User(Role.MANAGER), version=None),
    "manager of s1": sign(account("manager-s1")),
    "manager of s2": sign(account("manager-s2")),
    "foreman": sign(account("foreman-s1")),
    "foreman's link": sign(User(Role.FOREMAN, ("s1",)), version=None),
    "foreman of s2": sign(account("foreman-s2")),
    "wall of s1": {"bayboard_wall_s1": "wall-s1"},
    "wall of s2": {"bayboard_wall_s2": "wall-s2"},
    "lounge of s1": {"bayboard_lounge_s1": "lounge-s1"},
    "lounge of s2": {"bayboard_lounge_s2": "lounge-s2"},
    "revoked wall": {"bayboard_wall_s1": "revoked"},
    "tampered wall": {"bayboard_wall_s1": "wall-s1x"},
    "wall's token as a lounge's": {"bayboard_lounge_s1": "wall-s1"},
    "nobody": {},
    "expired": sign(account("manager"), hours=0),
    "expired link": sign(User(Role.MANAGER), hours=-1, version=None),
    "tampered": {SESSION_COOKIE: sign(account("manager"))[SESSION_COOKIE][:-1]},
    "another key": sign(User(Role.MANAGER), version=None, key="another key of thirty-two characters, or so"),
    "halfway as a session": sign(User(Role.MANAGER), version=None, halfway=True),
    "disabled": sign(account("disabled")),
    "signed out everywhere": sign(account("manager"), version=2),
    "an account that is not there": sign(account("ghost")),
    "nonsense": {SESSION_COOKIE: "nonsense"},
}


def expect(address: str, visitor: str) -> int:
    """Return the status that somebody is answered with."""
    if visitor in COMES_IN[address]:
        return 200
    if visitor in SIGNED_IN or (visitor in SCREENS and address.startswith(BOARDS)):
        return 403
    return 401 if address.startswith(NO_PAGES) else 303


def guard(database_url: str, key: str | None = KEY) -> Guard:
    return Guard(
        PlainTextResponse("in"),
        session_box(key) if key else None,
        Passes(database_url, lambda: NOW),
        Origin(),
        lambda: NOW,
    )


@pytest.fixture
def guarded(database_url: str) -> Guard:
    """The guard before an app that answers everything, with accounts and screens of two sites."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name, role, sites, disabled in (
            ("manager", "manager", None, None),
            ("manager-s1", "manager", ["s1"], None),
            ("manager-s2", "manager", ["s2"], None),
            ("foreman-s1", "foreman", ["s1"], None),
            ("foreman-s2", "foreman", ["s2"], None),
            ("disabled", "manager", None, NOW),
        ):
            connection.execute(
                "insert into account (name, label, role, sites, session_version, added_at, disabled_at)"
                " values (%(name)s, %(name)s, %(role)s, %(sites)s, 3, now(), %(disabled)s)",
                {"name": name, "role": role, "sites": sites, "disabled": disabled},
            )
        for token, kind, site, revoked in (
            ("wall-s1", "wall", "s1", None),
            ("wall-s2", "wall", "s2", None),
            ("lounge-s1", "lounge", "s1", None),
            ("lounge-s2", "lounge", "s2", None),
            ("revoked", "wall", "s1", NOW),
        ):
            connection.execute(
                "insert into screen (token_hash, kind, site, name, added_at, revoked_at)"
                " values (%s, %s, %s, '', now(), %s)",
                [hash_token(token), kind, site, revoked],
            )
    return guard(database_url)


def ask(app: ASGIApp, questions: list[tuple[str, str, dict[str, str]]]) -> list[httpx.Response]:
    """Ask for many addresses, each with its own headers and without a memory of the others' cookies."""

    async def ask_all() -> list[httpx.Response]:
        answers = []
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://board"
        ) as client:
            for method, address, headers in questions:
                answers.append(await client.request(method, address, headers=headers))
                client.cookies.clear()
        return answers

    return asyncio.run(ask_all())


def show(cookies: Mapping[str, str]) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def test_this_table_names_every_door_and_everybody() -> None:
    places = [find_place(address) for address in COMES_IN]
    assert {place.door for place in places if place} == set(DOORS)
    assert set(VISITORS) == EVERYBODY


def test_only_those_the_table_names_come_in_and_all_others_are_refused(guarded: Guard) -> None:
    cases = [(address, visitor) for address in COMES_IN for visitor in VISITORS]
    answers = ask(guarded, [("GET", address, show(VISITORS[visitor])) for address, visitor in cases])
    wrong = [
        f"{address} {visitor}: {answer.status_code}, not {expect(address, visitor)}"
        for (address, visitor), answer in zip(cases, answers, strict=True)
        if answer.status_code != expect(address, visitor)
    ]
    assert wrong == []


def test_posting_is_refused_to_the_same(guarded: Guard) -> None:
    """A form sends nobody elsewhere: what was posted would be lost on the way."""
    cases = [("/manage/_dash-update-component", "nobody", 401), ("/account/password", "nobody", 401)]
    cases += [("/account/password", "manager", 200), ("/manage/_dash-update-component", "wall of s1", 401)]
    answers = ask(guarded, [("POST", address, show(VISITORS[visitor])) for address, visitor, _ in cases])
    assert [answer.status_code for answer in answers] == [status for _, _, status in cases]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://board:81"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://board"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "address", ["/sign-in", "/sign-out", "/account/password", "/manage/_dash-update-component"]
)
def test_a_page_of_another_site_makes_nobody_do_anything(
    guarded: Guard, address: str, headers: dict[str, str]
) -> None:
    [answer] = ask(guarded, [("POST", address, show(VISITORS["manager"]) | headers)])
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://board"}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}],
    ids=str,
)
def test_our_own_pages_may_post(guarded: Guard, headers: dict[str, str]) -> None:
    [answer] = ask(guarded, [("POST", "/account/password", show(VISITORS["manager"]) | headers)])
    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["board/wall/s1?", "board/healthz#", "board/assets/"])
def test_a_host_header_opens_no_door(guarded: Guard, host: str) -> None:
    answers = ask(guarded, [("GET", path, {"host": host}) for path in ("/manage/_dash-layout", "/devices")])
    assert [answer.status_code for answer in answers] == [401, 303]


@pytest.mark.parametrize("visitor", ["nobody", "manager"])
@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/manag",
        "/.//manage/_dash-layout",
        "/devices/more",
        "/docs",
        "//devices",
        "/wall",
        "/wall/s1/x",
    ],
)
def test_what_is_not_there_is_not_found_whoever_asks(guarded: Guard, path: str, visitor: str) -> None:
    [answer] = ask(guarded, [("GET", f"http://board{path}", show(VISITORS[visitor]))])
    assert answer.status_code == 404


def test_whoever_has_to_sign_in_is_sent_back_to_where_they_wanted_to_go(guarded: Guard) -> None:
    [answer] = ask(guarded, [("GET", "/orders/s1/RO-1", {})])
    assert answer.headers["location"] == "/sign-in?next=%2Forders%2Fs1%2FRO-1"


@pytest.mark.parametrize(("lang", "words"), [("en", "for managers"), ("zh", "仅供经理使用")])
def test_a_refusal_is_a_sentence_in_the_visitors_language(guarded: Guard, lang: str, words: str) -> None:
    [answer] = ask(guarded, [("GET", f"/devices?lang={lang}", show(VISITORS["foreman"]))])
    assert words in answer.text


def test_a_screen_that_brings_its_token_is_sent_to_where_it_becomes_a_cookie(guarded: Guard) -> None:
    [answer] = ask(guarded, [("GET", "/wall/s1?screen=wall-s1&lang=zh", {})])
    assert (answer.status_code, answer.headers["location"]) == (303, "/s/wall-s1?lang=zh")


def test_a_screens_cookie_begins_anew_with_every_page_and_stream(guarded: Guard) -> None:
    screen = show(VISITORS["wall of s1"])
    for address in ("/wall/s1", "/stream/wall/s1"):
        [answer] = ask(guarded, [("GET", address, screen)])
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("bayboard_wall_s1=wall-s1; HttpOnly; Max-Age=34560000; Path=/; SameSite=lax")
    [other] = ask(guarded, [("GET", "/lounge/s1", show(VISITORS["manager"]))])
    assert "set-cookie" not in other.headers


def test_one_browser_can_be_several_screens(guarded: Guard) -> None:
    both = show(VISITORS["wall of s1"] | VISITORS["lounge of s2"])
    answers = ask(
        guarded, [("GET", path, both) for path in ("/wall/s1", "/lounge/s2", "/wall/s2", "/devices")]
    )
    assert [answer.status_code for answer in answers] == [200, 200, 403, 303]


def test_the_language_that_was_asked_for_is_remembered(guarded: Guard) -> None:
    asked, unknown = ask(
        guarded, [("GET", f"/devices?lang={lang}", show(VISITORS["manager"])) for lang in ("zh", "xx")]
    )
    assert "bayboard_lang=zh" in asked.headers["set-cookie"]
    assert "set-cookie" not in unknown.headers


def test_without_a_key_screens_work_and_everybody_else_is_told_how_to_set_one(
    guarded: Guard, database_url: str
) -> None:
    del guarded  # filled the database
    answers = ask(
        guard(database_url, key=None),
        [
            ("GET", "/wall/s1", show(VISITORS["wall of s1"])),
            ("GET", "/wall/s1", {}),
            ("GET", "/devices", show(VISITORS["manager"])),
            ("POST", "/manage/_dash-update-component", show(VISITORS["manager"])),
        ],
    )
    assert [answer.status_code for answer in answers] == [200, 503, 503, 503]
    assert "BAYBOARD_SECRET_KEY" in answers[1].text


def test_without_the_database_nobody_is_refused_for_good() -> None:
    """A link needs no database, what is public neither; a screen asks again by itself."""
    answers = ask(
        guard(NO_DATABASE),
        [
            ("GET", "/healthz", show(VISITORS["wall of s1"])),
            ("GET", "/devices", show(VISITORS["manager's link"])),
            ("GET", "/wall/s1", show(VISITORS["wall of s1"])),
            ("GET", "/stream/wall/s1", show(VISITORS["wall of s1"])),
            ("GET", "/devices", show(VISITORS["manager"])),
        ],
    )
    assert [answer.status_code for answer in answers] == [200, 200, 503, 503, 503]
    assert '<meta http-equiv="refresh" content="10">' in answers[2].text
