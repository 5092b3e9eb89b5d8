"""Plain http: a person signs in over https, on the machine itself, or where the workshop has opened it."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from dash import html

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.access.identity import SESSION_COOKIE, Role, Ticket, User, Visit, session_box
from dashboard.app import create_app
from dashboard.figures.kit.shell import draw_shell

KEY = "a key of thirty-two characters, at least"
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"
NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)


def ask(
    url: str, path: str, client: str, *, lan_http: bool = False, role: Role | None = None
) -> httpx.Response:
    app = create_app(
        database_url=NO_DATABASE, workshop=WORKSHOP, secret_key=KEY, lan_http=lan_http, clock=lambda: NOW
    )

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(client, 50_000))
        cookies = {}
        if role:
            ticket = Ticket(User(role), NOW + timedelta(hours=1))
            cookies[SESSION_COOKIE] = session_box(KEY).sign(ticket)
        async with httpx.AsyncClient(transport=transport, base_url=url, cookies=cookies) as browser:
            return await browser.get(path)

    return asyncio.run(get())


LAN, STRANGER = "192.168.1.30", "93.184.215.14"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code"])
@pytest.mark.parametrize(
    ("url", "client", "lan_http", "refused"),
    [
        ("http://board.example", LAN, False, True),
        ("http://192.168.1.20:8050", LAN, False, True),
        ("https://board.example", LAN, False, False),
        ("https://board.example", STRANGER, False, False),
        ("http://127.0.0.1:8050", "172.31.250.1", False, False),
        ("http://192.168.1.20:8050", "127.0.0.1", False, False),
        ("http://192.168.1.20:8050", LAN, True, False),
        ("http://board.example", STRANGER, True, True),
    ],
)
def test_signing_in_is_refused_where_the_network_can_read_the_password(
    url: str, client: str, lan_http: bool, refused: bool, path: str
) -> None:
    answer = ask(url, path, client, lan_http=lan_http)
    assert ("Signing in needs https" in answer.text) == refused
    assert (answer.status_code == 403) == refused


def test_a_managers_session_is_for_https_or_the_machine_itself_and_a_foremans_for_the_lan() -> None:
    assert (
        "Managers need https"
        in ask("http://192.168.1.20", "/devices", LAN, lan_http=True, role=Role.MANAGER).text
    )
    for url, role in (("http://192.168.1.20", Role.FOREMAN), ("http://127.0.0.1", Role.MANAGER)):
        assert "Managers need https" not in ask(url, "/", LAN, lan_http=True, role=role).text


@pytest.mark.parametrize(("lang", "words"), [("en", "plain http"), ("zh", "未加密的 http")])
def test_every_office_page_says_that_plain_http_is_open(lang: str, words: str) -> None:
    visit = Visit(User(Role.MANAGER), lang)
    for lan_http in (True, False):
        page = str(draw_shell(html.Div(), "/devices", visit, WORKSHOP, lan_http=lan_http))
        assert (words in page) == lan_http
