"""`bayboard access …`: links that sign in whoever opens them.

Owns what is asked and printed. What a link says and how it is signed is the dashboard's.
"""

from datetime import timedelta
from typing import Annotated

import typer

from bayboard.entry import CommandError, read_clock
from config.settings import Settings
from config.workshop import Workshop, load_workshop
from dashboard.access import LINK_PATH, Role, Ticket, User, link_box

app = typer.Typer(help="Links that sign in whoever opens them.", no_args_is_help=True)


@app.callback()
def access() -> None:
    """Links that sign in whoever opens them."""


@app.command()
def link(
    role: Annotated[Role, typer.Option(help="What whoever opens it may do.")] = Role.MANAGER,
    site: Annotated[
        list[str] | None, typer.Option(help="Only this site; may be given again. Else every site.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 31, help="How long it works.")] = 12,
    base_url: Annotated[str, typer.Option(help="The dashboard as its users reach it.")] = (
        "http://127.0.0.1:8050"
    ),
) -> None:
    """Print a link that signs in whoever opens it, until it ends."""
    settings = Settings.from_environment(required=("secret_key",))
    assert settings.secret_key  # noqa: S101  # required above
    sites = check_sites(site, load_workshop(settings.workshop_file)) if site else None
    ticket = Ticket(User(role, sites), read_clock() + timedelta(hours=hours))
    typer.echo(make_link(settings.secret_key, ticket, base_url))


def make_link(secret_key: str, ticket: Ticket, base_url: str) -> str:
    """Return the address that signs in as the ticket says."""
    return f"{base_url.rstrip('/')}{LINK_PATH}{link_box(secret_key).sign(ticket)}"


def check_sites(sites: list[str], workshop: Workshop) -> tuple[str, ...]:
    """Return the sites; raises CommandError for one that is not in the workshop file."""
    if unknown := [site for site in sites if workshop.site(site) is None]:
        raise CommandError(f"there is no site {', '.join(unknown)} in the workshop file")
    return tuple(sites)
