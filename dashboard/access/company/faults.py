"""Why nobody gets in by the company's own sign-in, and what has to be changed for it.

Owns the words of the log, in full, and which page a visitor sees. The page says in one sentence who has to
act, and holds nothing that strangers should not know. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from dashboard.access.company.provider import Provider, find_claim, is_left_out, list_values

# As Microsoft's addresses for everybody describe themselves, and how they are written.
_TENANTS = ("{tenantid}", "{tenant}")
_SHARED = ("/common", "/organizations", "/consumers")
_CLIENT_ERRORS = {"invalid_client", "unauthorized_client"}
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_SETUP_ERRORS = {
    "invalid_request", "invalid_scope", "unsupported_response_type", "unsupported_grant_type",
    "redirect_uri_mismatch",
}  # fmt: skip
_AWAY_ERRORS = {"server_error", "temporarily_unavailable"}
_CLOCK_CLAIMS = {"exp", "iat", "nbf"}
# As many as a line of the log may name.
_MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """Why somebody is not let in: the key of the page, and for the log why, and what to change."""

    page: str
    status: HTTPStatus
    why: str
    change: str | None = None


def find_fault(described: Mapping[str, object], expected: str) -> Fault | None:
    """Return what is wrong with a provider's description of itself, if anything is."""
    if described.get("issuer") != expected:
        return _explain_issuer(described.get("issuer"), expected)
    lacking = [name for name in _ENDPOINTS if not isinstance(described.get(name), str)]
    if lacking:
        return explain_description(f"a description without {', '.join(lacking)}")
    signing = "id_token_signing_alg_values_supported"
    if not isinstance(described.get(signing) or [], list):
        return explain_description(f"a description whose {signing} is no list")
    return None


def explain_http(error: httpx.HTTPError, *, of_description: bool = False) -> Fault:
    """Return what an answer that failed, or the lack of one, means."""
    status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
    if of_description and status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return explain_description(f"HTTP {status}")
    change = None
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        change = "name the authority that signed its certificate in SSL_CERT_FILE"
    why = str(error) or type(error).__name__
    return Fault("company_away", HTTPStatus.BAD_GATEWAY, why, change)


def explain_description(found: str) -> Fault:
    """Return what is wrong where the issuer's address leads to no description of a provider."""
    why = f"BAYBOARD_OIDC_ISSUER followed by /.well-known/openid-configuration answers {found}"
    change = "set BAYBOARD_OIDC_ISSUER to the address for which that is the description of the sign-in"
    return Fault("company_address", HTTPStatus.BAD_GATEWAY, why, change)


def explain_token(error: str, description: str, claim: str = "") -> Fault:
    """Return what it means that an identity token is not right, or a claim of it."""
    why = f"{error}: {description}"
    if claim in _CLOCK_CLAIMS:
        change = "compare the clock of this machine with that of the sign-in"
        return Fault("company_clock", HTTPStatus.FORBIDDEN, why, change)
    if claim == "nonce":
        return Fault("company", HTTPStatus.FORBIDDEN, why)
    change = "check BAYBOARD_OIDC_CLIENT_ID, and how the sign-in signs the identity token of this client"
    return Fault("company_token", HTTPStatus.FORBIDDEN, why, change)


def explain_refusal(error: str, description: str) -> Fault:
    """Return what a provider's error means."""
    why = f"{error}: {description}" if description else error
    if error in _CLIENT_ERRORS:
        change = "check BAYBOARD_OIDC_CLIENT_ID and BAYBOARD_OIDC_CLIENT_SECRET; a secret may have expired"
        return Fault("company_client", HTTPStatus.BAD_GATEWAY, why, change)
    if error in _SETUP_ERRORS:
        change = "check BAYBOARD_OIDC_SCOPE, BAYBOARD_PUBLIC_URL and what is registered for Bayboard there"
        return Fault("company_client", HTTPStatus.BAD_GATEWAY, why, change)
    if error in _AWAY_ERRORS:
        return Fault("company_away", HTTPStatus.BAD_GATEWAY, why)
    if error == "access_denied":
        return Fault("company_denied", HTTPStatus.FORBIDDEN, why)
    return Fault("company", HTTPStatus.FORBIDDEN, why)


def explain_no_role(provider: Provider, claims: Mapping[str, object]) -> Fault:
    """Return why claims that are true give somebody no role."""
    if is_left_out(claims, provider.claim):
        why = f"{provider.claim} was left out of the token because somebody is in too many groups"
        change = (
            "have the sign-in send only the groups assigned to Bayboard, or app roles with"
            " BAYBOARD_OIDC_CLAIM=roles"
        )
        return Fault("too_many_groups", HTTPStatus.FORBIDDEN, why, change)
    said = list_values(find_claim(claims, provider.claim))
    if not said:
        why = f"there is no {provider.claim}; what there is: {', '.join(sorted(claims)[:_MOST_NAMED])}"
        change = "have the sign-in send it, or name another claim in BAYBOARD_OIDC_CLAIM"
        return Fault("no_claim", HTTPStatus.FORBIDDEN, why, change)
    granted = ", ".join(sorted({grant.value for grant in provider.grants})[:_MOST_NAMED])
    why = f"{provider.claim} is {', '.join(said[:_MOST_NAMED])}; BAYBOARD_OIDC_GRANTS grants {granted}"
    return Fault("no_role", HTTPStatus.FORBIDDEN, why, "grant one of these, or give somebody one of those")


def _explain_issuer(named: object, expected: str) -> Fault:
    why = f"it calls itself {named}, and BAYBOARD_OIDC_ISSUER is {expected}"
    shared = any(part in expected for part in _SHARED)
    if isinstance(named, str) and (shared or any(part in named for part in _TENANTS)):
        example = named
        for part in _TENANTS:
            example = example.replace(part, "YOUR-TENANT-ID")
        change = f"set BAYBOARD_OIDC_ISSUER to the address of your own tenant, such as {example}"
        return Fault("company_tenant", HTTPStatus.BAD_GATEWAY, why, change)
    change = f"set BAYBOARD_OIDC_ISSUER to {named}, letter for letter, if that is your company's sign-in"
    return Fault("company_address", HTTPStatus.BAD_GATEWAY, why, change)
