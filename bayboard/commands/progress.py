"""`bayboard progress …`: what a customer is given to follow the own car.

Owns what is asked and printed. What a link is, and for how long it is good, is decided where it is
kept, in `models.queries`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import psycopg
import typer

from bayboard.entry import CommandError, read_clock
from bayboard.operator import note_command
from config.settings import Settings
from models.domain.access.audit import Action
from models.queries.board.progress.links import make_progress_link, read_ticket, revoke_progress_links

app = typer.Typer(help="What customers are given to follow their own car.", no_args_is_help=True)

Site = Annotated[str, typer.Argument(help="The site's key.")]
WorkOrder = Annotated[str, typer.Argument(help="The work order.")]
_Answer = TypeVar("_Answer")


@app.callback()
def progress() -> None:
    """Make and revoke links to customers' own pages, and print what leads to them."""


@app.command()
def link(
    site: Site,
    work_order: WorkOrder,
    base_url: Annotated[
        str | None,
        typer.Option(help="The dashboard as customers reach it; by default BAYBOARD_PUBLIC_URL."),
    ] = None,
) -> None:
    """Print a new link to a work order's page; it is good until a week after the visit."""
    settings = Settings.from_environment(required=("database_url",))
    address = base_url or settings.public_url or "http://127.0.0.1:8050"

    async def make(connection: psycopg.AsyncConnection) -> str:
        now = read_clock()
        try:
            token = await make_progress_link(connection, site, work_order, now)
        except LookupError as error:
            raise CommandError(str(error)) from error
        about = f"{site}/{work_order}"
        await note_command(connection, Action.CUSTOMER_LINK_MADE, now, about=about, sites=[site])
        return token

    typer.echo(f"{address.rstrip('/')}/progress/{_ask(settings, make)}")


@app.command()
def ticket(site: Site, work_order: WorkOrder) -> None:
    """Print the ticket and the code of a visit, for its receipt and key tag."""

    async def read(connection: psycopg.AsyncConnection) -> str:
        found = await read_ticket(connection, site, work_order)
        if found is None:
            raise CommandError(f"{work_order} has never been open at {site}, so it has no ticket")
        return f"{found.ticket} {found.code}"

    typer.echo(_ask(Settings.from_environment(required=("database_url",)), read))


@app.command()
def revoke(site: Site, work_order: WorkOrder) -> None:
    """End every link to a work order's page at once."""

    async def end(connection: psycopg.AsyncConnection) -> int:
        now = read_clock()
        ended = await revoke_progress_links(connection, site, work_order, now)
        about, after = f"{site}/{work_order}", {"links": ended}
        await note_command(
            connection, Action.CUSTOMER_LINKS_ENDED, now, about=about, after=after, sites=[site]
        )
        return ended

    ended = _ask(Settings.from_environment(required=("database_url",)), end)
    typer.echo(f"{ended} links to {work_order} at {site} are over")


def _ask(settings: Settings, question: Callable[[psycopg.AsyncConnection], Awaitable[_Answer]]) -> _Answer:
    async def ask() -> _Answer:
        assert settings.database_url  # noqa: S101  # required above
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True
        ) as connection:
            return await question(connection)

    return asyncio.run(ask())
