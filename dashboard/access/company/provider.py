"""The company's own sign-in, and what its claims make of somebody here.

Pure: what is asked of the provider, and how, is `dashboard.access.company.oidc`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.kit.json_paths import MISSING, find_value
from dashboard.access.identity import Role


@dataclass(frozen=True, slots=True)
class Grant:
    """What a value of the claim makes of somebody; no sites means every site."""

    value: str
    role: Role
    sites: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """The company's own sign-in, and what its claim means here."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str
    claim: str
    grants: tuple[Grant, ...]


def find_claim(claims: Mapping[str, object], path: str) -> object:
    """Return a claim by its name or, if it is within another, by a path with dots; None if it is not there.

    Names may hold dots themselves: `resource_access.board.example.com.roles` finds the roles of the client
    `board.example.com`.
    """
    found = find_value(claims, path)
    return None if found is MISSING else found


def list_values(said: object) -> list[str]:
    """Return the values of a claim that is a word or a list."""
    if isinstance(said, list):
        return [str(value) for value in said]
    return [str(said)] if said else []


def is_left_out(claims: Mapping[str, object], path: str) -> bool:
    """Say whether a provider left a claim out because it would be too long, and says so in its place."""
    elsewhere = claims.get("_claim_names")
    if find_claim(claims, path) is not None:
        return False
    return (isinstance(elsewhere, Mapping) and path in elsewhere) or (
        path == "groups" and str(claims.get("hasgroups")).lower() == "true"
    )


def choose_grant(
    grants: Sequence[Grant], claims: Mapping[str, object], claim: str
) -> tuple[Role, tuple[str, ...] | None] | None:
    """Return the role and sites that claims give; of two roles the manager's, with its own sites alone."""
    values = set(list_values(find_claim(claims, claim)))
    matching = [grant for grant in grants if grant.value in values]
    for role in (Role.MANAGER, Role.FOREMAN):
        if given := [grant.sites for grant in matching if grant.role is role]:
            everywhere = any(sites is None for sites in given)
            return role, None if everywhere else tuple(
                sorted({site for sites in given for site in sites or ()})
            )
    return None
