"""Sessions that can be listed and ended, attempts that strangers make, and a second factor."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pyotp
import pytest
from fastapi import FastAPI
from psycopg.rows import dict_row

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.access.attempts import PER_ACCOUNT, WINDOW
from dashboard.access.cookies import HALFWAY_COOKIE, KNOWN_COOKIE
from dashboard.access.identity import SESSION_COOKIE, Role, Ticket, User, session_box
from dashboard.access.passwords import hash_password
from dashboard.app import create_app
from dashboard.edge.addresses import find_block
from dashboard.pages.access.confirm import COUNTS_FOR
from tests.dashboard.access.test_sign_in import (
    KEY,
    NOW,
    PASSWORD,
    Clock,
    add_account,
    get,
    make_app,
    post,
    run,
    sign_in,
    visit,
    warm_up,
)

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)


def all_given(answer: httpx.Response) -> dict[str, str]:
    """Return every cookie that an answer gives."""
    cookies = [cookie.partition(";")[0].partition("=") for cookie in answer.headers.get_list("set-cookie")]
    return {name: value.strip('"') for name, _, value in cookies if value.strip('"')}


def read(database_url: str, statement: str) -> list[dict[str, Any]]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        return connection.execute(statement.encode()).fetchall()


def list_actions(database_url: str) -> list[str]:
    return [row["what"] for row in read(database_url, "select what from audit order by id")]


# Sessions.


def test_a_copied_cookie_is_over_once_its_owner_signs_out(database_url: str) -> None:
    add_account(database_url)
    app = make_app(database_url=database_url)
    copied, other = all_given(sign_in(app)), all_given(sign_in(app))
    assert get(app, "/devices", copied).status_code == 200
    assert post(app, "/sign-out", copied).headers["location"] == "/sign-in"
    assert [get(app, "/devices", cookies).status_code for cookies in (copied, other)] == [303, 200]
    assert list_actions(database_url) == ["signed_in", "signed_in", "signed_out"]


def test_one_session_of_several_is_ended_on_the_page_of_the_own_account(database_url: str) -> None:
    add_account(database_url)
    add_account(database_url, "li")
    app = make_app(database_url=database_url)
    here, there, lis = (all_given(sign_in(app, name=name)) for name in ("chen", "chen", "li"))
    page = get(app, "/account", here).text
    assert page.count('name="session"') == 1  # the own has no button, another's is not listed
    assert "this browser" in page
    found = re.search(r'name="session" value="(\w+)"', page)
    assert found
    # Nobody ends another's.
    assert post(app, "/account/end-session", lis, session=found[1]).status_code == 200
    assert get(app, "/devices", there).status_code == 200
    assert "is signed out" in post(app, "/account/end-session", here, session=found[1]).text
    assert [get(app, "/devices", cookies).status_code for cookies in (here, there, lis)] == [200, 303, 200]
    assert post(app, "/account/end-session", here, session="zz\0").status_code == 200


def test_a_session_from_before_sessions_had_rows_ends_with_all_of_its_account(database_url: str) -> None:
    add_account(database_url)
    app = make_app(database_url=database_url)
    ticket = Ticket(User(Role.MANAGER, None, "chen", "chen"), NOW + timedelta(hours=1), 1)
    old = {SESSION_COOKIE: session_box(KEY).sign(ticket)}
    assert get(app, "/devices", old).status_code == 200
    post(app, "/sign-out", old)
    assert get(app, "/devices", old).status_code == 303


# Attempts.


def try_from(app: FastAPI, address: str, password: str, cookies: dict[str, str] | None = None) -> int:
    async def ask() -> int:
        transport = httpx.ASGITransport(app=app, client=(address, 1))
        async with httpx.AsyncClient(
            transport=transport, base_url="https://board", cookies=cookies
        ) as client:
            form = {"name": "chen", "password": password}
            return (await client.post("/sign-in", data=form)).status_code

    return asyncio.run(ask())


def test_strangers_lock_nobody_out_of_a_browser_that_was_here(database_url: str) -> None:
    add_account(database_url)
    app = make_app(database_url=database_url)
    known = {f"__Host-{KNOWN_COOKIE}": all_given(sign_in(app))[KNOWN_COOKIE]}
    # Eight addresses, as the attack did, no longer lock the account anywhere.
    assert [try_from(app, f"192.0.2.{n}", "wrong") for n in range(8)] == [403] * 8
    assert try_from(app, "198.51.100.1", PASSWORD) == 303
    run(
        database_url,
        "insert into sign_in_attempts values ('account chen', '2026-11-21T04:00Z', 100),"
        " ('address 198.51.100.1', '2026-11-21T04:00Z', 100)"
        " on conflict (key) do update set attempts = 100",
    )
    assert try_from(app, "198.51.100.1", PASSWORD) == 429
    assert try_from(app, "198.51.100.1", PASSWORD, known) == 303
    # Such a browser guesses no more often than any other.
    tries = [try_from(app, "198.51.100.1", "wrong", known) for _ in range(PER_ACCOUNT + 1)]
    assert tries == [403] * PER_ACCOUNT + [429]


def test_a_customer_of_a_provider_is_one_address(database_url: str) -> None:
    add_account(database_url)
    app = make_app(database_url=database_url)
    tries = [try_from(app, f"2001:db8:1:2::{n:x}", "wrong") for n in range(1, PER_ACCOUNT + 2)]
    assert tries == [403] * PER_ACCOUNT + [429]
    assert try_from(app, "2001:db8:1:3::1", PASSWORD) == 303


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_addresses_are_counted_by_who_has_them(address: str, block: str) -> None:
    assert find_block(address) == block


def test_failures_are_noted_with_what_was_typed_only_if_it_is_an_account(database_url: str) -> None:
    add_account(database_url, sites=["s1"])
    app = make_app(database_url=database_url)
    sign_in(app, "wrong")
    sign_in(app, PASSWORD, "my-secret-typed-here")
    rows = read(database_url, "select who, from_address, what, about, sites from audit order by id")
    failed = {"who": "", "from_address": "127.0.0.1", "what": "sign_in_failed"}
    assert rows == [{**failed, "about": "chen", "sites": ["s1"]}, {**failed, "about": None, "sites": None}]


# What a manager does to accounts.


def call(app: FastAPI, cookies: dict[str, str], output: str, button: object, **values: object) -> Any:
    """Press a button of a managers' page."""
    callbacks = app.state.dash_apps["manage"].callback_map
    callback = callbacks[output]

    def give(each: dict[str, Any]) -> Any:
        name = each["id"]
        if name.startswith("{"):
            pressed = {**json.loads(name), "which": button} if not isinstance(button, str) else None
            which = {**json.loads(name), "which": values["which"]} if "which" in values else pressed
            return [{"id": which, "property": each["property"], "value": 1}]
        pressed_once = 1 if name == button and each["property"] == "n_clicks" else None
        return {**each, "value": values.get(name, pressed_once)}

    changed = (
        json.dumps({"type": button, "which": values["which"]}, separators=(",", ":"), sort_keys=True)
        if "which" in values
        else str(button)
    )
    what = next((each["property"] for each in callback["inputs"] if each["id"] == button), "n_clicks")
    outputs = [
        {"id": name.rpartition(".")[0], "property": name.rpartition(".")[2].partition("@")[0]}
        for name in output.strip(".").split("...")
    ]
    body = {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": [give(each) for each in callback["inputs"]],
        "state": [give(each) for each in callback["state"]],
        "changedPropIds": [f"{changed}.{what}"],
    }
    answer = visit(
        app,
        lambda client: client.post("/manage/_dash-update-component", json=body),
        cookies=cookies,
    )
    assert answer.status_code in {200, 204}, answer.text
    return answer.text


def find_output(app: FastAPI, *inputs: str) -> str:
    """Return the callback that has these inputs."""
    for output, callback in app.state.dash_apps["manage"].callback_map.items():
        if all(any(part in each["id"] for each in callback["inputs"]) for part in inputs):
            return str(output)
    raise LookupError(inputs)


def give_password(app: FastAPI, cookies: dict[str, str], name: str) -> str:
    return str(call(app, cookies, find_output(app, "account-password"), "account-password", which=name))


def test_a_manager_gives_nobody_a_password_without_the_own_and_never_the_own(database_url: str) -> None:
    add_account(database_url)
    add_account(database_url, "li", "foreman", ["s1"])
    clock = Clock()
    app = make_app(database_url=database_url, clock=clock)
    warm_up(app)
    session = all_given(sign_in(app))
    hashes = "select name, password_hash from account order by name"
    before = read(database_url, hashes)
    assert "may not change it" in give_password(app, session, "chen")
    clock.now += COUNTS_FOR
    assert "own password above first" in give_password(app, session, "li")
    confirm = find_output(app, "accounts-confirm")
    assert "not your password" in call(app, session, confirm, "accounts-confirm", **{"accounts-own": "wrong"})
    assert "own password above first" in give_password(app, session, "li")
    assert read(database_url, hashes) == before
    call(app, session, confirm, "accounts-confirm", **{"accounts-own": PASSWORD})
    shown = re.search(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", give_password(app, session, "li"))
    assert shown
    assert "password_given" in list_actions(database_url)
    assert shown[0] not in str(read(database_url, "select audit::text from audit"))
    # Its owner comes to a page that says so, until the password is changed.
    for _ in range(2):
        answer = sign_in(app, shown[0], "li", next="/wall/s1")
        assert answer.headers["location"] == "/account?next=%2Fwall%2Fs1"
        page = get(app, answer.headers["location"], all_given(answer)).text
        assert "chen gave this account a new password" in page
    lis = all_given(answer)
    new = "lorry velvet cactus"
    changed = post(app, "/account/password", lis, current=shown[0], new=new, again=new)
    assert changed.status_code == 200
    assert sign_in(app, new, "li").headers["location"] == "/"


# The second factor.


def make_strict_app(database_url: str, clock: Clock) -> FastAPI:
    return create_app(
        database_url=database_url,
        workshop=WORKSHOP,
        secret_key=KEY,
        require_second_factor=True,
        clock=clock,
    )


def read_secret(page: str) -> tuple[str, str]:
    """Return the key to type into an app, and the same as the form sends it back."""
    typed, sealed = (
        re.search(r"<code>([A-Z2-7 ]+)</code>", page),
        re.search(r'name="sealed" value="([^"]+)"', page),
    )
    assert typed
    assert sealed
    return typed[1].replace(" ", ""), sealed[1]


def test_a_manager_sets_up_a_second_factor_before_anything_else(database_url: str) -> None:
    add_account(database_url)
    add_account(database_url, "li", "foreman")
    clock = Clock()
    app = make_strict_app(database_url, clock)
    assert sign_in(app, name="li").headers["location"] == "/"
    answer = sign_in(app)
    halfway = all_given(answer)
    assert (answer.headers["location"], set(halfway)) == ("/sign-in/code", {HALFWAY_COOKIE})
    for path in ("/devices", "/account", "/wall/s1"):
        assert get(app, path, halfway).status_code == 303
    assert get(app, "/sign-in/code", halfway).headers["location"] == "/sign-in/second-factor"
    secret, sealed = read_secret(get(app, "/sign-in/second-factor", halfway).text)
    assert secret not in sealed
    wrong = post(app, "/sign-in/second-factor", halfway, sealed=sealed, code="000000")
    assert wrong.status_code == 403
    code = pyotp.TOTP(secret).at(clock.now)
    done = post(app, "/sign-in/second-factor", halfway, sealed=sealed, code=code)
    assert get(app, "/devices", all_given(done)).status_code == 200
    codes = re.findall(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", done.text)
    assert len(set(codes)) == 10
    # What is kept opens nothing by itself.
    kept = str(read(database_url, "select s::text, r::text from second_factor s, recovery_code r"))
    assert not any(word in kept for word in (secret, *codes))


def test_a_code_counts_once_and_a_recovery_code_once(database_url: str) -> None:
    add_account(database_url)
    clock = Clock()
    app = make_strict_app(database_url, clock)
    halfway = all_given(sign_in(app))
    secret, sealed = read_secret(get(app, "/sign-in/second-factor", halfway).text)
    first = pyotp.TOTP(secret).at(clock.now)
    done = post(app, "/sign-in/second-factor", halfway, sealed=sealed, code=first)
    recovery = re.findall(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", done.text)[0]

    def give(code: str) -> int:
        return post(app, "/sign-in/code", all_given(sign_in(app)), code=code).status_code

    assert give(first) == 403  # the one that set it up
    clock.now += timedelta(seconds=30)
    second = pyotp.TOTP(secret).at(clock.now)
    assert [give(second), give(second)] == [303, 403]
    assert [give(recovery.upper().replace("-", " ")), give(recovery)] == [303, 403]
    assert "recovery_code_used" in list_actions(database_url)
    # Guessing is limited as guessing passwords is.
    answers = [give("123456") for _ in range(PER_ACCOUNT + 1)]
    assert answers[0] == 403
    assert answers[-1] == 429
    clock.now += WINDOW
    assert give(pyotp.TOTP(secret).at(clock.now)) == 303


def test_another_password_ends_what_was_halfway(database_url: str) -> None:
    add_account(database_url)
    app = make_strict_app(database_url, Clock())
    halfway = all_given(sign_in(app))
    run(database_url, "update account set session_version = session_version + 1")
    assert get(app, "/sign-in/second-factor", halfway).headers["location"] == "/sign-in"


def test_a_second_factor_is_set_up_and_removed_with_the_password_alone_by_nobody(database_url: str) -> None:
    add_account(database_url)
    clock = Clock()
    app = make_app(database_url=database_url, clock=clock)
    session = all_given(sign_in(app))
    secret, sealed = read_secret(get(app, "/account/second-factor", session).text)
    code = pyotp.TOTP(secret).at(clock.now)
    form = {"sealed": sealed, "code": code}
    # An open browser is not enough: it would lock the owner out.
    assert post(app, "/account/second-factor", session, current="wrong", **form).status_code == 403
    assert post(app, "/account/second-factor", session, current=PASSWORD, **form).status_code == 200
    assert sign_in(app).headers["location"] == "/sign-in/code"
    remove = "/account/second-factor/remove"
    assert post(app, remove, session, current=PASSWORD, code=code).status_code == 403
    clock.now += timedelta(seconds=30)
    code = pyotp.TOTP(secret).at(clock.now)
    assert post(app, remove, session, current=PASSWORD, code=code).status_code == 200
    assert sign_in(app).headers["location"] == "/devices"
    assert list_actions(database_url)[-3:-1] == ["second_factor_set", "second_factor_removed"]


def test_a_hash_of_a_password_needs_no_judgement() -> None:
    """Passwords that are drawn, or were kept before, are only hashed."""
    assert hash_password("aaaaaaaaaa").startswith("$argon2id$")
