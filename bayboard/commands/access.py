"""`bayboard access …`: links that sign in the person who opens them.

Owns what is asked and printed. A link is shown once; only its hash is kept.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from psycopg import AsyncConnection

from bayboard.console import ask_database, print_table, say_time
from bayboard.entry import CommandError, read_clock
from bayboard.operator import name_operator, note_command
from config.settings import Settings
from config.workshop import Workshop, load_workshop
from dashboard.access.identity import LINK_PATH, Role
from dashboard.access.passwords import draw_token
from models.domain.access.audit import Action
from models.domain.access.people import AccessLinkRow
from models.queries.access.links import (
    AccessLinkError,
    add_access_link,
    read_access_links,
    revoke_access_link,
)

app = typer.Typer(help="Links that sign in the person who opens them.", no_args_is_help=True)


@app.callback()
def access() -> None:
    """Links that sign in the person who opens them."""


@app.command()
def link(
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.MANAGER,
    site: Annotated[
        list[str] | None, typer.Option(help="Only this site; may be given again. Else every site.")
    ] = None,
    hours: Annotated[
        float, typer.Option(min=0.01, max=24 * 31, help="How long it works, and the session it begins.")
    ] = 12,
    reusable: Annotated[
        bool, typer.Option("--reusable", help="Any number of times until it ends, not once.")
    ] = False,
    base_url: Annotated[
        str | None, typer.Option(help="The dashboard as its users reach it; by default BAYBOARD_PUBLIC_URL.")
    ] = None,
) -> None:
    """Print a link that signs in the person who opens it, once."""
    settings = Settings.from_environment(required=("database_url", "secret_key"))
    sites = check_sites(site, load_workshop(settings.workshop_file)) if site else None
    now = read_clock()
    base = base_url or settings.public_url or "http://127.0.0.1:8050"

    async def make(connection: AsyncConnection[Any]) -> str:
        return await make_link(connection, base, role, sites, now, timedelta(hours=hours), reusable=reusable)

    typer.echo(ask_database(settings.database_url, make))


@app.command("list")
def list_links() -> None:
    """Show every link, and what became of it."""
    settings, now = Settings.from_environment(required=("database_url",)), read_clock()
    links = ask_database(settings.database_url, read_access_links)
    print_table(
        ["id", "role", "sites", "made", "by", "ends", "used", "from", "state"],
        [
            [
                str(row.id),
                row.role,
                "every site" if row.sites is None else ", ".join(row.sites),
                say_time(row.made_at),
                row.made_by,
                say_time(row.expires_at),
                say_time(row.used_at),
                row.used_from or "",
                _say_state(row, now),
            ]
            for row in links
        ],
    )


@app.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its id, as the list shows it.")],
) -> None:
    """End a link and every session it began, within seconds."""
    settings, now = Settings.from_environment(required=("database_url",)), read_clock()

    async def end(connection: AsyncConnection[Any]) -> None:
        await revoke_access_link(connection, number, now)
        await note_command(connection, Action.ACCESS_LINK_REVOKED, now, about=f"access link {number}")

    try:
        ask_database(settings.database_url, end)
    except AccessLinkError as error:
        raise CommandError(str(error)) from error
    typer.echo(f"link {number} is revoked, and its sessions end within seconds.")


def _say_state(row: AccessLinkRow, now: datetime) -> str:
    if row.revoked_at:
        return f"revoked {say_time(row.revoked_at)}"
    if row.expires_at <= now:
        return "ended"
    if row.reusable:
        return "reusable"
    return "used" if row.used_at else "new"


async def make_link(
    connection: AsyncConnection[Any],
    base_url: str,
    role: Role,
    sites: tuple[str, ...] | None,
    now: datetime,
    lasts: timedelta,
    *,
    reusable: bool = False,
) -> str:
    """Keep a new link and return its address."""
    token = draw_token()
    number = await add_access_link(
        connection,
        token,
        role,
        sites,
        by=name_operator(),
        now=now,
        expires_at=now + lasts,
        reusable=reusable,
    )
    await note_command(
        connection,
        Action.ACCESS_LINK_MADE,
        now,
        about=f"access link {number}",
        after={"role": role, "sites": None if sites is None else list(sites), "reusable": reusable},
        sites=sites,
    )
    return f"{base_url.rstrip('/')}{LINK_PATH}{token}"


def check_sites(sites: list[str], workshop: Workshop) -> tuple[str, ...]:
    """Return the sites; raises CommandError for one that is not in the workshop file."""
    if unknown := [site for site in sites if workshop.site(site) is None]:
        raise CommandError(f"there is no site {', '.join(unknown)} in the workshop file")
    return tuple(sites)
