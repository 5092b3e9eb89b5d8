"""Signing in with the company's own accounts, against a real provider on this machine."""

import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from joserfc.jwk import RSAKey

from bayboard.entry import CommandError
from bayboard.provider import make_provider
from config.settings import DEFAULT_WORKSHOP_FILE, Settings, SettingsError
from config.workshop import load_workshop
from dashboard.access import Role
from dashboard.app import create_app
from dashboard.provider import Grant, Provider, choose_grant
from tests.fix_oidc import CLIENT_ID, CLIENT_SECRET, CompanyLogin

KEY = "a key of thirty-two characters, at least"
GRANTS = (Grant("service-managers", Role.MANAGER), Grant("hall-1", Role.FOREMAN, ("s1",)))
SETTINGS = {
    "BAYBOARD_SECRET_KEY": KEY,
    "BAYBOARD_OIDC_ISSUER": "https://login.example/realms/workshop",
    "BAYBOARD_OIDC_CLIENT_ID": CLIENT_ID,
    "BAYBOARD_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    "BAYBOARD_OIDC_GRANTS": "service-managers=manager hall-1=foreman@s1",
}


def make_app(login: CompanyLogin, database_url: str, issuer: str | None = None) -> FastAPI:
    return create_app(
        database_url=database_url,
        workshop=load_workshop(DEFAULT_WORKSHOP_FILE),
        secret_key=KEY,
        provider=Provider(
            issuer or login.issuer, CLIENT_ID, CLIENT_SECRET, "openid profile", "groups", GRANTS
        ),
        clock=lambda: datetime.now(UTC),
    )


async def go_to_provider(board: httpx.AsyncClient, goal: str = "") -> str:
    """Begin signing in, and return the address the provider sends back to."""
    begun = await board.get("/sign-in/oidc/", params={"next": goal})
    assert begun.status_code == 302, begun.text
    async with httpx.AsyncClient() as browser:
        vouched = await browser.get(begun.headers["location"])
    return vouched.headers["location"]


def browse(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://board")


def sign_in(app: FastAPI, goal: str = "") -> tuple[httpx.Response, int]:
    """Sign in through the provider; return what it led to, and the status of a manager's page then."""

    async def ask() -> tuple[httpx.Response, int]:
        async with browse(app) as board:
            answer = await board.get(await go_to_provider(board, goal))
            return answer, (await board.get("/devices")).status_code

    return asyncio.run(ask())


def test_somebody_the_company_vouches_for_is_let_in(company_login: CompanyLogin, database_url: str) -> None:
    answer, devices = sign_in(make_app(company_login, database_url), "/quarantine")
    assert (answer.status_code, answer.headers["location"], devices) == (303, "/quarantine", 200)
    [asked] = company_login.asked
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://board/sign-in/oidc/back"
    assert len(asked["nonce"]) > 10
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select name, password_hash, role, sites from account").fetchone()
    assert row == ("oidc:u-1", None, "manager", None)


def test_what_somebody_is_follows_the_company(company_login: CompanyLogin, database_url: str) -> None:
    app = make_app(company_login, database_url)
    company_login.claims["groups"] = ["hall-1", "canteen"]
    answer, devices = sign_in(app)
    assert (answer.headers["location"], devices) == ("/", 403)
    company_login.claims["groups"] = ["hall-1", "service-managers"]
    assert sign_in(app)[1] == 200


def test_a_claim_may_be_told_apart_from_the_token(company_login: CompanyLogin, database_url: str) -> None:
    del company_login.claims["groups"]
    company_login.userinfo = {"sub": "u-1", "groups": ["service-managers"]}
    assert sign_in(make_app(company_login, database_url))[1] == 200
    company_login.userinfo = {"sub": "u-2", "groups": ["service-managers"]}
    answer, devices = sign_in(make_app(company_login, database_url))
    assert (answer.status_code, devices) == (403, 303)


@pytest.mark.parametrize("groups", [None, [], ["canteen"], "canteen", {"service-managers": True}])
def test_somebody_without_a_role_is_not_let_in(
    company_login: CompanyLogin, database_url: str, groups: object
) -> None:
    company_login.claims["groups"] = groups
    answer, devices = sign_in(make_app(company_login, database_url))
    assert (answer.status_code, devices) == (403, 303)
    assert "You have no role here" in answer.text


def test_a_disabled_account_stays_so(company_login: CompanyLogin, database_url: str) -> None:
    sign_in(make_app(company_login, database_url))
    with psycopg.connect(database_url) as connection:
        connection.execute("update account set disabled_at = now()")
    answer, devices = sign_in(make_app(company_login, database_url))
    assert (answer.status_code, devices) == (403, 303)
    assert "This account is disabled" in answer.text


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"aud": ["another client"], "azp": CLIENT_ID},
        {"exp": 1},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_lets_nobody_in(
    company_login: CompanyLogin, database_url: str, lies: dict[str, object]
) -> None:
    company_login.lies = lies
    answer, devices = sign_in(make_app(company_login, database_url))
    assert (answer.status_code, devices) == (403, 303)


def test_a_token_of_another_key_lets_nobody_in(company_login: CompanyLogin, database_url: str) -> None:
    company_login.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
    answer, devices = sign_in(make_app(company_login, database_url))
    assert (answer.status_code, devices) == (403, 303)


def test_another_state_or_another_browser_lets_nobody_in(
    company_login: CompanyLogin, database_url: str
) -> None:
    app = make_app(company_login, database_url)

    async def ask() -> list[int]:
        async with browse(app) as board, browse(app) as other:
            back = await go_to_provider(board)
            code = parse_qs(urlsplit(back).query)["code"][0]
            return [
                (await other.get(back)).status_code,
                (await board.get("/sign-in/oidc/back", params={"code": code, "state": "x"})).status_code,
                (await board.get("/sign-in/oidc/back")).status_code,
                (await board.get("/sign-in/oidc/back", params={"error": "access_denied"})).status_code,
                (await board.get("/devices")).status_code,
            ]

    assert asyncio.run(ask()) == [403, 403, 403, 403, 303]


def test_a_code_counts_once(company_login: CompanyLogin, database_url: str) -> None:
    app = make_app(company_login, database_url)

    async def ask() -> list[int]:
        async with browse(app) as board:
            back = await go_to_provider(board)
            return [(await board.get(back)).status_code for _ in range(2)]

    assert asyncio.run(ask()) == [303, 403]


def test_a_provider_that_is_away_or_another_is_a_sentence(
    company_login: CompanyLogin, database_url: str
) -> None:
    company_login.calls_itself = "https://elsewhere.example"
    for issuer in (None, "http://127.0.0.1:1"):
        app = make_app(company_login, database_url, issuer)

        async def ask(app: FastAPI = app) -> httpx.Response:
            async with browse(app) as board:
                return await board.get("/sign-in/oidc/")

        answer = asyncio.run(ask())
        assert answer.status_code == 502
        assert "sign-in does not answer" in answer.text


def test_the_page_of_signing_in_offers_it(company_login: CompanyLogin, database_url: str) -> None:
    app = make_app(company_login, database_url)

    async def ask() -> str:
        async with browse(app) as board:
            return (await board.get("/sign-in?next=/quarantine")).text

    assert 'href="/sign-in/oidc?next=%2Fquarantine"' in asyncio.run(ask())


def test_of_two_roles_the_managers_counts_with_its_own_sites_alone() -> None:
    grants = [
        Grant("a", Role.FOREMAN),
        Grant("b", Role.MANAGER, ("s1",)),
        Grant("c", Role.MANAGER, ("s2",)),
    ]
    assert choose_grant(grants, {"g": ["a", "b", "c"]}, "g") == (Role.MANAGER, ("s1", "s2"))
    assert choose_grant(grants, {"g": "a"}, "g") == (Role.FOREMAN, None)
    assert choose_grant(grants, {"g": ["d"]}, "g") is None


def test_settings_make_a_provider() -> None:
    settings = Settings.from_environment(SETTINGS)
    provider = make_provider(settings, load_workshop(DEFAULT_WORKSHOP_FILE))
    assert provider
    assert provider.grants == GRANTS
    assert (provider.scope, provider.claim) == ("openid profile email", "groups")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BAYBOARD_OIDC_CLIENT_SECRET", "", "BAYBOARD_OIDC_CLIENT_SECRET is not set"),
        ("BAYBOARD_OIDC_GRANTS", "", "BAYBOARD_OIDC_GRANTS is not set"),
        ("BAYBOARD_SECRET_KEY", "", "BAYBOARD_SECRET_KEY is not set"),
        ("BAYBOARD_OIDC_GRANTS", "managers=king", "'managers=king' must look like"),
        ("BAYBOARD_OIDC_GRANTS", "hall=foreman@", "'hall=foreman@' must look like"),
        ("BAYBOARD_OIDC_ISSUER", "http://login.example", "BAYBOARD_OIDC_ISSUER must look like https"),
    ],
)
def test_half_a_provider_is_refused_at_start(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings.from_environment({**SETTINGS, name: value})


def test_a_grant_for_a_site_that_is_not_there_is_refused_at_start() -> None:
    settings = Settings.from_environment({**SETTINGS, "BAYBOARD_OIDC_GRANTS": "hall=foreman@s1,s9"})
    with pytest.raises(CommandError, match="names s9, which is no site"):
        make_provider(settings, load_workshop(DEFAULT_WORKSHOP_FILE))
