"""`bayboard screen …`: links for the screens that hang on walls.

Owns what is asked and printed. A link is shown once; only its hash is kept.
"""

from datetime import timedelta
from typing import Annotated, Any

import typer
from psycopg import AsyncConnection

from bayboard.commands.access import check_sites
from bayboard.console import ask_database, print_table, say_time
from bayboard.entry import CommandError, read_clock
from bayboard.operator import note_command
from config.settings import Settings
from config.workshop import load_workshop
from dashboard.access.identity import SCREEN_PATH, ScreenKind
from dashboard.access.passwords import draw_token
from models.domain.access.audit import Action
from models.domain.access.people import ScreenRow
from models.queries.access.screens import ScreenError, add_screen, read_addresses, read_screens, revoke_screen

app = typer.Typer(help="Screens that show a board without anybody signing in.", no_args_is_help=True)


@app.callback()
def screen() -> None:
    """Screens that show a board without anybody signing in."""


@app.command()
def add(
    kind: Annotated[ScreenKind, typer.Option(help="What it shows.")],
    site: Annotated[str, typer.Option(help="Key of the site, as in the workshop file.")],
    name: Annotated[str, typer.Option(help="Where it hangs, such as Hall TV.")] = "",
    base_url: Annotated[
        str | None, typer.Option(help="The dashboard as screens reach it; by default BAYBOARD_PUBLIC_URL.")
    ] = None,
    expires: Annotated[
        float, typer.Option(min=0.01, max=24 * 366, help="Hours within which the link must be opened.")
    ] = 24 * 7,
    reusable: Annotated[
        bool,
        typer.Option(
            "--reusable", help="The link makes any number of browsers this screen, until it is revoked."
        ),
    ] = False,
) -> None:
    """Print the link of a new screen; the first browser that opens it is that screen until it is revoked."""
    settings = Settings.from_environment(required=("database_url",))
    check_sites([site], load_workshop(settings.workshop_file))
    token, now = draw_token(), read_clock()
    expires_at = None if reusable else now + timedelta(hours=expires)

    async def make(connection: AsyncConnection[Any]) -> None:
        number = await add_screen(
            connection, token, kind, site, name.strip(), now, reusable=reusable, expires_at=expires_at
        )
        await note_command(
            connection,
            Action.SCREEN_ADDED,
            now,
            about=f"{site}/screen {number}",
            after={"kind": kind, "name": name.strip(), "reusable": reusable},
            sites=[site],
        )

    ask_database(settings.database_url, make)
    typer.echo(make_screen_link(token, base_url or settings.public_url or "http://127.0.0.1:8050"))


@app.command("list")
def list_screens(
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be given again.")] = None,
) -> None:
    """Show every screen, and when it was seen last."""
    settings = Settings.from_environment(required=("database_url",))

    async def read(connection: AsyncConnection[Any]) -> tuple[list[ScreenRow], dict[int, list[str]]]:
        screens = await read_screens(connection, site)
        return screens, await read_addresses(connection, [row.id for row in screens])

    screens, addresses = ask_database(settings.database_url, read)
    print_table(
        ["id", "kind", "site", "name", "made", "last seen", "from", "state"],
        [
            [
                str(row.id),
                row.kind,
                row.site,
                row.name,
                say_time(row.added_at),
                say_time(row.seen_at),
                ", ".join(addresses.get(row.id, [])),
                f"revoked {say_time(row.revoked_at)}" if row.revoked_at else "",
            ]
            for row in screens
        ],
    )


@app.command()
def revoke(screen: Annotated[int, typer.Argument(help="Its id, as the list shows it.")]) -> None:
    """Take a screen's right to its board; it goes dark within seconds."""
    settings, now = Settings.from_environment(required=("database_url",)), read_clock()

    async def revoke_one(connection: AsyncConnection[Any]) -> None:
        site = await revoke_screen(connection, screen, None, now)
        await note_command(
            connection, Action.SCREEN_REVOKED, now, about=f"{site}/screen {screen}", sites=[site]
        )

    try:
        ask_database(settings.database_url, revoke_one)
    except ScreenError as error:
        raise CommandError(str(error)) from error
    typer.echo(f"screen {screen} is revoked, and dark within seconds.")


def make_screen_link(token: str, base_url: str) -> str:
    """Return the address that makes whoever opens it this screen."""
    return f"{base_url.rstrip('/')}{SCREEN_PATH}{token}"
