"""The company's own sign-in, as the settings describe it."""

from bayboard.entry import CommandError
from config.settings import Settings
from config.workshop import Workshop
from dashboard.access.company.provider import Grant, Provider
from dashboard.access.identity import Role


def make_provider(settings: Settings, workshop: Workshop) -> Provider | None:
    """Return the provider if there is one; raises CommandError for a site that is not there."""
    if not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret):
        return None
    grants = settings.oidc_grants or ()
    named = {site for _, _, sites in grants for site in sites or ()}
    if unknown := sorted(site for site in named if workshop.site(site) is None):
        raise CommandError(
            f"BAYBOARD_OIDC_GRANTS names {', '.join(unknown)}, which is no site of the workshop file"
        )
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scope=settings.oidc_scope,
        claim=settings.oidc_claim,
        grants=tuple(Grant(value, Role(role), sites) for value, role, sites in grants),
    )
