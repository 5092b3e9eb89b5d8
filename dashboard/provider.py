"""The company's own sign-in, and what its claims make of somebody here.

Pure: what is asked of the provider, and how, is `dashboard.oidc`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.access import Role


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


def choose_grant(
    grants: Sequence[Grant], claims: Mapping[str, object], claim: str
) -> tuple[Role, tuple[str, ...] | None] | None:
    """Return the role and sites that claims give; of two roles the manager's, with its own sites alone."""
    said = claims.get(claim)
    values = {str(value) for value in said} if isinstance(said, list) else {str(said)} if said else set()
    matching = [grant for grant in grants if grant.value in values]
    for role in (Role.MANAGER, Role.FOREMAN):
        if given := [grant.sites for grant in matching if grant.role is role]:
            everywhere = any(sites is None for sites in given)
            return role, None if everywhere else tuple(
                sorted({site for sites in given for site in sites or ()})
            )
    return None
