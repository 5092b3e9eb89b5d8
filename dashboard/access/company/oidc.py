"""Signing in with the company's own accounts, through OpenID Connect.

Owns the code flow with PKCE, state and nonce (Authlib's), and what a claim of the provider
makes of somebody: a role and sites. Somebody without such a claim is refused. An account is
kept for each, so that it can be seen and disabled like any other.
"""

import warnings
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx
import structlog
from authlib.deprecate import AuthlibDeprecationWarning
from fastapi import FastAPI
from joserfc.errors import ClaimError, JoseError
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from config.secret_keys import split_keys
from dashboard.access.company.faults import (
    Fault,
    explain_description,
    explain_http,
    explain_no_role,
    explain_refusal,
    explain_token,
    find_fault,
)
from dashboard.access.company.provider import Provider, choose_grant, find_claim
from dashboard.access.entrance import COMPANY_SESSION_LASTS, Entrance, refuse
from dashboard.access.from_where import name_address
from dashboard.access.identity import Role
from dashboard.database import Connection, DatabaseAwayError
from models.domain.access.audit import Action
from models.domain.access.people import AccountRow
from models.queries.access.accounts import name_subject, read_account, welcome_subject
from models.queries.access.audit import add

# Authlib would say at each start that it wants another client of HTTP in its next version.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.starlette_client import OAuth

PATH = "/sign-in/oidc"

_COOKIE = "bayboard_oidc"
_FLOW_SECONDS = 600
_ANSWER_SECONDS = 10
# Only keys that the provider alone holds; Authlib would believe whatever the provider lists.
_ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

log = structlog.get_logger()


# What reading an answer raises that is of another shape than answers of providers are.
_SHAPE_ERRORS = (TypeError, AttributeError, KeyError, RuntimeError)


class ProviderError(Exception):
    """The company's own sign-in cannot let anybody in; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.why)
        self.fault = fault


def add_oidc(server: FastAPI, entrance: Entrance, provider: Provider, secret_key: str) -> None:
    """Add the two addresses of the flow; what it has to remember is in a signed cookie of its own."""
    company = _Company(entrance, provider)
    flow = Starlette(routes=[Route("/", company.begin), Route("/back", company.finish)])
    kept = SessionMiddleware(
        flow,
        secret_key=f"bayboard oidc {split_keys(secret_key)[0]}",
        # It is for these addresses alone, so it cannot be a `__Host-` cookie.
        session_cookie=f"{'__Secure-' * entrance.origin.is_https}{_COOKIE}",
        max_age=_FLOW_SECONDS,
        path=PATH,
        https_only=entrance.origin.is_https,
    )
    server.mount(PATH, kept)


_ANSWER_ERRORS = (httpx.HTTPError, OAuthError, JoseError, ProviderError, ValueError)


class _Company:
    """The two steps of the flow."""

    def __init__(self, entrance: Entrance, provider: Provider) -> None:
        self._entrance = entrance
        self._provider = provider
        self._client = OAuth().register(
            "company",
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            client_kwargs={
                "scope": provider.scope,
                "code_challenge_method": "S256",
                "timeout": _ANSWER_SECONDS,
            },
        )

    async def begin(self, request: Request) -> Response:
        """Send somebody to the provider."""
        request.session["next"] = request.query_params.get("next", "")
        try:
            await self._load_metadata()
            back = f"{self._entrance.origin.address(request)}{PATH}/back"
            answer: RedirectResponse = await self._client.authorize_redirect(request, back)
        except (*_ANSWER_ERRORS, *_SHAPE_ERRORS) as error:
            return _refuse(_explain(error), request)
        return answer

    async def finish(self, request: Request) -> Response:
        """Let somebody in whom the provider vouches for."""
        goal = request.session.pop("next", "")
        try:
            await self._load_metadata()
            claims = await self._read_claims(request)
            grant = choose_grant(self._provider.grants, claims, self._provider.claim)
        except (*_ANSWER_ERRORS, *_SHAPE_ERRORS) as error:
            return _refuse(_explain(error), request)
        if grant is None:
            return _refuse(explain_no_role(self._provider, claims), request, subject=claims["sub"])
        return await self._welcome(request, claims, *grant, goal)

    async def _welcome(
        self,
        request: Request,
        claims: Mapping[str, Any],
        role: Role,
        sites: tuple[str, ...] | None,
        goal: str,
    ) -> Response:
        subject = str(claims["sub"])
        label = next(
            (str(claims[name]) for name in ("preferred_username", "email", "name") if claims.get(name)),
            subject,
        )
        issuer, now = self._provider.issuer.rstrip("/"), self._entrance.clock()
        try:
            async with self._entrance.open_database() as connection:
                before = await read_account(connection, name_subject(issuer, subject))
                account = await welcome_subject(connection, issuer, subject, label, role, sites, now)
                await self._note(connection, request, before, account)
                # A role of another version's opens no door.
                if account.disabled_at or account.role not in set(Role):
                    return refuse("disabled", request)
                return await self._entrance.let_in(connection, request, account, goal, COMPANY_SESSION_LASTS)
        except DatabaseAwayError:
            return refuse("away", request, HTTPStatus.SERVICE_UNAVAILABLE)

    async def _note(
        self, connection: Connection, request: Request, before: AccountRow | None, account: AccountRow
    ) -> None:
        """Note an account that the company's word made, or gave other rights."""
        rights = {"role": account.role, "sites": account.sites}
        old = {"role": before.role, "sites": before.sites} if before else None
        if old == rights:
            return
        await add(
            connection,
            at=self._entrance.clock(),
            who=account.name,
            from_address=name_address(request),
            what=Action.ACCOUNT_RIGHTS_CHANGED if before else Action.ACCOUNT_ADDED,
            about=account.name,
            before=old,
            after=rights,
            sites=account.sites,
        )

    async def _load_metadata(self) -> None:
        """Read the provider's own description once; raises ProviderError if it is none, or another's."""
        try:
            metadata = await self._client.load_server_metadata()
        except httpx.HTTPError as error:
            raise ProviderError(explain_http(error, of_description=True)) from error
        except (ValueError, *_SHAPE_ERRORS) as error:
            raise ProviderError(explain_description("something that is no JSON object")) from error
        if fault := find_fault(metadata, self._provider.issuer):
            self._client.server_metadata.pop("_loaded_at", None)
            raise ProviderError(fault)
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = sorted(_ALGORITHMS & set(map(str, offered)))

    async def _read_claims(self, request: Request) -> Mapping[str, Any]:
        """Exchange the code and return what the provider says of somebody, checked."""
        provider = self._provider
        token = await self._client.authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client_id},
            },
        )
        claims: Mapping[str, Any] | None = token.get("userinfo")
        if claims is None:
            raise ProviderError(explain_token("missing_token", "it gave no identity token"))
        if (
            find_claim(claims, provider.claim) is not None
            or "userinfo_endpoint" not in self._client.server_metadata
        ):
            return claims
        more = await self._client.userinfo(token=token)
        if more.get("sub") != claims["sub"]:
            raise ProviderError(explain_token("wrong_userinfo", "its userinfo is somebody else's"))
        return {**more, **claims}


def _explain(error: Exception) -> Fault:
    """Return what an error of the flow means."""
    if isinstance(error, ProviderError):
        return error.fault
    if isinstance(error, httpx.HTTPError):
        return explain_http(error)
    if isinstance(error, OAuthError):
        return explain_refusal(str(error.error), str(error.description or ""))
    if isinstance(error, JoseError):
        claim = error.claim if isinstance(error, ClaimError) else ""
        return explain_token(str(error.error), str(error.description or ""), claim)
    return Fault("company_away", HTTPStatus.BAD_GATEWAY, f"its answer cannot be read: {error!r}")


def _refuse(fault: Fault, request: Request, **more: object) -> Response:
    """Answer with the page of a fault, and log it in full."""
    change = {"change": fault.change} if fault.change else {}
    log.warning("the company's own sign-in let nobody in", why=fault.why, **change, **more)
    return refuse(fault.page, request, fault.status)
