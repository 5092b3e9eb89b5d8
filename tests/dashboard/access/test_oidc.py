"""Signing in with the company's own accounts, against a real provider on this machine."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from joserfc.jwk import RSAKey
from structlog.testing import capture_logs

from bayboard.entry import CommandError
from bayboard.parts.provider import make_provider
from config.settings import DEFAULT_WORKSHOP_FILE, Settings, SettingsError
from config.workshop import load_workshop
from dashboard.access.company.provider import Grant, Provider, choose_grant
from dashboard.access.entrance import COMPANY_SESSION_LASTS
from dashboard.access.identity import Role
from dashboard.app import create_app
from tests.fixtures.oidc import CLIENT_ID, CLIENT_SECRET, CompanyLogin

KEY = "a key of thirty-two characters, at least"
GRANTS = (Grant("service-managers", Role.MANAGER), Grant("hall-1", Role.FOREMAN, ("s1",)))
# Who is not let in is looked for in no database.
NO_DATABASE = "postgresql://127.0.0.1:1/none"
SETTINGS = {
    "BAYBOARD_SECRET_KEY": KEY,
    "BAYBOARD_OIDC_ISSUER": "https://login.example/realms/workshop",
    "BAYBOARD_OIDC_CLIENT_ID": CLIENT_ID,
    "BAYBOARD_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    "BAYBOARD_OIDC_GRANTS": "service-managers=manager hall-1=foreman@s1",
}


def make_app(
    login: CompanyLogin,
    database_url: str,
    issuer: str | None = None,
    claim: str = "groups",
    secret: str = CLIENT_SECRET,
) -> FastAPI:
    return create_app(
        database_url=database_url,
        workshop=load_workshop(DEFAULT_WORKSHOP_FILE),
        secret_key=KEY,
        provider=Provider(issuer or login.issuer, CLIENT_ID, secret, "openid profile", claim, GRANTS),
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
    assert row == (f"oidc:{company_login.issuer.rstrip('/')}#u-1", None, "manager", None)


def test_an_account_from_before_gets_the_issuer_into_its_name_once(
    company_login: CompanyLogin, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into account (name, label, role, session_version, added_at)"
            " values ('oidc:u-1', 'u', 'a role of before', 1, now())"
        )
    assert sign_in(make_app(company_login, database_url))[1] == 200
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select name, role, added_at < signed_in_at from account").fetchall()
    assert [row[:2] for row in rows] == [(f"oidc:{company_login.issuer.rstrip('/')}#u-1", "manager")]


def test_a_session_of_the_company_is_shorter(company_login: CompanyLogin, database_url: str) -> None:
    sign_in(make_app(company_login, database_url))
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select expires_at - made_at from session").fetchone()
    assert row == (COMPANY_SESSION_LASTS,)


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
    # Only another nonce is a matter of beginning again.
    assert ("Begin again" in answer.text) == ("nonce" in lies)


def test_a_token_of_another_key_lets_nobody_in(company_login: CompanyLogin, database_url: str) -> None:
    company_login.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
    answer, devices = sign_in(make_app(company_login, database_url))
    assert (answer.status_code, devices) == (403, 303)
    assert "is not valid for this board" in answer.text


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


def begin(app: FastAPI, lang: str = "en") -> httpx.Response:
    """Try to begin signing in."""

    async def ask() -> httpx.Response:
        async with browse(app) as board:
            return await board.get("/sign-in/oidc/", params={"lang": lang})

    return asyncio.run(ask())


def read_log(logged: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return what the log says of the one sign-in that failed: why, and what to change."""
    [line] = [line for line in logged if line["event"] == "the company's own sign-in let nobody in"]
    return line["why"], line.get("change", "")


def test_a_provider_that_is_away_is_a_sentence(company_login: CompanyLogin) -> None:
    with capture_logs() as logged:
        answer = begin(make_app(company_login, NO_DATABASE, "http://127.0.0.1:1"))
    assert answer.status_code == 502
    assert "sign-in does not answer" in answer.text
    assert "connect" in read_log(logged)[0].lower()


@pytest.mark.parametrize(
    ("issuer", "calls_itself", "page", "words", "change"),
    [
        (
            "{login}",
            "{login}/{tenantid}/v2.0",
            "must enter the sign-in address of your own organisation",
            "请看板管理员填写本公司（租户）自己的登录地址",
            "set BAYBOARD_OIDC_ISSUER to the address of your own tenant, such as {login}/YOUR-TENANT-ID/v2.0",
        ),
        (
            "{login}",
            "{login}/",
            "must correct the address of your company",
            "请看板管理员更正公司登录服务的地址",
            "set BAYBOARD_OIDC_ISSUER to {login}/, letter for letter, if that is your company's sign-in",
        ),
        (
            "{login}/realms/nobody",
            None,
            "must correct the address of your company",
            "请看板管理员更正公司登录服务的地址",
            "set BAYBOARD_OIDC_ISSUER to the address for which that is the description of the sign-in",
        ),
    ],
)
def test_a_wrong_address_of_the_provider_is_said_on_the_page_and_what_it_must_be_in_the_log(
    company_login: CompanyLogin,
    issuer: str,
    calls_itself: str | None,
    page: str,
    words: str,
    change: str,
) -> None:
    login = company_login.issuer
    company_login.calls_itself = calls_itself and calls_itself.replace("{login}", login)
    app = make_app(company_login, NO_DATABASE, issuer.replace("{login}", login))
    with capture_logs() as logged:
        answer = begin(app)
    assert answer.status_code == 502
    assert page in answer.text
    assert login not in answer.text
    assert read_log(logged)[1] == change.replace("{login}", login)
    assert words in begin(app, "zh").text


@pytest.mark.parametrize(
    "lie",
    [
        {"authorization_endpoint": None},
        {"token_endpoint": 5},
        {"jwks_uri": []},
        {"id_token_signing_alg_values_supported": 5},
    ],
    ids=str,
)
def test_a_description_that_lacks_something_is_a_sentence(
    company_login: CompanyLogin, database_url: str, lie: dict[str, object]
) -> None:
    company_login.misdescribes = lie
    app = make_app(company_login, database_url)
    with capture_logs() as logged:
        answer = begin(app)
    assert (answer.status_code, "must correct the address" in answer.text) == (502, True)
    assert next(iter(lie)) in read_log(logged)[0]
    # Once it is mended there, nobody has to start anything again.
    company_login.misdescribes = {}
    assert sign_in(app)[1] == 200


def test_keys_that_are_none_are_a_sentence(company_login: CompanyLogin) -> None:
    company_login.misdescribes = {"jwks_uri": f"{company_login.issuer}/.well-known/openid-configuration"}
    answer, devices = sign_in(make_app(company_login, NO_DATABASE))
    assert (answer.status_code, devices) == (502, 303)
    assert "sign-in does not answer" in answer.text


def test_a_secret_that_is_wrong_is_the_operators_to_correct(company_login: CompanyLogin) -> None:
    with capture_logs() as logged:
        answer, devices = sign_in(make_app(company_login, NO_DATABASE, secret="another"))  # noqa: S106
    assert (answer.status_code, devices) == (502, 303)
    assert "the operator must correct how the board is registered there" in answer.text
    why, change = read_log(logged)
    assert (why, "BAYBOARD_OIDC_CLIENT_SECRET" in change) == ("invalid_client", True)
    assert "another" not in str(logged)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("access_denied", 403, "Ask the person who manages your company"),
        ("login_required", 403, "Begin again"),
        ("invalid_scope", 502, "must correct how the board is registered"),
        ("temporarily_unavailable", 502, "does not answer"),
    ],
)
def test_what_a_provider_sends_somebody_back_with_is_said_to_who_can_change_it(
    company_login: CompanyLogin, error: str, status: int, words: str
) -> None:
    company_login.sends_back = error
    answer, devices = sign_in(make_app(company_login, NO_DATABASE))
    assert (answer.status_code, devices) == (status, 303)
    assert words in answer.text


@pytest.mark.parametrize("lies", [{"exp": 1}, {"iat": 9999999999}], ids=str)
def test_clocks_that_differ_are_named(company_login: CompanyLogin, lies: dict[str, object]) -> None:
    company_login.lies = lies
    with capture_logs() as logged:
        answer, devices = sign_in(make_app(company_login, NO_DATABASE))
    assert (answer.status_code, devices) == (403, 303)
    assert "must check its clock" in answer.text
    assert "clock of this machine" in read_log(logged)[1]


@pytest.mark.parametrize(
    "claims",
    [
        {
            "_claim_names": {"groups": "src1"},
            "_claim_sources": {"src1": {"endpoint": "https://graph.example"}},
        },
        {"hasgroups": True},
        {"hasgroups": "true"},
    ],
    ids=str,
)
def test_groups_that_were_left_out_because_there_are_too_many_are_not_taken_for_none(
    company_login: CompanyLogin, claims: dict[str, object]
) -> None:
    company_login.claims = {"sub": "u-1", **claims}
    app = make_app(company_login, NO_DATABASE)
    with capture_logs() as logged:
        answer, devices = sign_in(app)
    assert (answer.status_code, devices) == (403, 303)
    assert "You are in so many groups" in answer.text
    why, change = read_log(logged)
    assert why == "groups was left out of the token because somebody is in too many groups"
    assert "send only the groups assigned to Bayboard" in change


def test_a_refusal_is_the_same_in_the_other_language(company_login: CompanyLogin) -> None:
    company_login.claims = {"sub": "u-1", "hasgroups": True}

    async def ask() -> tuple[str, str]:
        async with browse(make_app(company_login, NO_DATABASE)) as board:
            refused = (await board.get(await go_to_provider(board))).text
            [again] = re.findall('href="([^"]*lang=zh)"', refused)
            begun = await board.get(again)
            async with httpx.AsyncClient() as browser:
                vouched = await browser.get(begun.headers["location"])
            return refused, (await board.get(vouched.headers["location"])).text

    refused, again = asyncio.run(ask())
    assert "You are in so many groups" in refused
    assert "您所属的群组过多" in again


def test_the_log_says_what_somebody_without_a_role_has(company_login: CompanyLogin) -> None:
    app = make_app(company_login, NO_DATABASE)
    company_login.claims["groups"] = ["canteen", "Hall 1"]
    with capture_logs() as logged:
        answer, _ = sign_in(app)
    assert "none of your groups or roles has access here" in answer.text
    assert "canteen" not in answer.text
    assert read_log(logged)[0] == (
        "groups is canteen, Hall 1; BAYBOARD_OIDC_GRANTS grants hall-1, service-managers"
    )
    del company_login.claims["groups"]
    with capture_logs() as logged:
        answer, _ = sign_in(app)
    assert "sends no groups or roles for you" in answer.text
    assert read_log(logged)[0].startswith("there is no groups; what there is: aud, exp, iat, iss, nonce, sub")


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["offline_access", "service-managers"]}}),
        (
            "resource_access.bayboard.roles",
            {"resource_access": {"bayboard": {"roles": ["service-managers"]}}},
        ),
        (
            "resource_access.board.example.com.roles",
            {"resource_access": {"board": {"x": 1}, "board.example.com": {"roles": ["service-managers"]}}},
        ),
        ("https://shop.example/roles", {"https://shop.example/roles": "service-managers"}),
        ("groups", {"groups": ["service-managers"], "_claim_names": {"groups": "src1"}}),
    ],
)
def test_a_claim_within_another_is_read_by_its_path(
    company_login: CompanyLogin, database_url: str, path: str, claims: dict[str, object]
) -> None:
    company_login.claims = {"sub": "u-1", **claims}
    assert sign_in(make_app(company_login, database_url, claim=path))[1] == 200


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


def test_names_of_groups_may_hold_anything() -> None:
    names = [
        "Service Managers",
        "CN=Hall 1,OU=Shop,DC=example",
        'say "hall"',
        "a=b",
        "车间 一组",
        "/shop/hall-1",
    ]
    told = json.dumps(dict.fromkeys(names, "foreman@s1,s2"))
    settings = Settings.from_environment({**SETTINGS, "BAYBOARD_OIDC_GRANTS": told})
    assert settings.oidc_grants == tuple((name, "foreman", ("s1", "s2")) for name in names)
    for quoted in (f"'{told}'", f' "{told}" '):
        assert Settings.from_environment({**SETTINGS, "BAYBOARD_OIDC_GRANTS": quoted}) == settings
    twice = '{"Hall 1": "manager", "Hall 1": "foreman@s1, s2"}'
    settings = Settings.from_environment({**SETTINGS, "BAYBOARD_OIDC_GRANTS": twice})
    assert settings.oidc_grants == (("Hall 1", "manager", None), ("Hall 1", "foreman", ("s1", "s2")))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BAYBOARD_OIDC_CLIENT_SECRET", "", "BAYBOARD_OIDC_CLIENT_SECRET is not set"),
        ("BAYBOARD_OIDC_GRANTS", "", "BAYBOARD_OIDC_GRANTS is not set"),
        ("BAYBOARD_SECRET_KEY", "", "BAYBOARD_SECRET_KEY is not set"),
        ("BAYBOARD_OIDC_GRANTS", "managers=king", "'managers=king' must look like"),
        ("BAYBOARD_OIDC_GRANTS", "Service Managers=manager", "'Service' must look like .* need JSON, "),
        ("BAYBOARD_OIDC_GRANTS", '{"a": "manager"', "begins with { and is not JSON such as .*: Expecting"),
        ("BAYBOARD_OIDC_GRANTS", '{"a b": "king"}', '{"a b": "king"} must look like '),
        ("BAYBOARD_OIDC_GRANTS", '{"a b": ["manager"]}', r'{"a b": \["manager"\]} must look like '),
        ("BAYBOARD_OIDC_GRANTS", '{" ": "manager"}', "must look like"),
        ("BAYBOARD_OIDC_GRANTS", '{"a": "foreman@s1,"}', "must look like"),
        ("BAYBOARD_OIDC_GRANTS", "{}", "grants nothing; it must look like"),
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
