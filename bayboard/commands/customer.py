"""`bayboard customer …`: a person's data at a site, given out or erased.

Owns what is asked, the entry in the audit trail, and that an erasure is in the list outside the database
before it is done.
"""

import getpass
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from psycopg import AsyncConnection

from bayboard.console import ask_database
from bayboard.entry import CommandError, read_clock
from config.settings import Settings
from models.domain.access.audit import COMMAND, Action
from models.queries.access import audit
from models.queries.privacy.customers import erase_orders, export_customer, find_orders
from models.queries.privacy.erasures import Erasures, ErasuresError

app = typer.Typer(help="A person's data: give it out, erase it.", no_args_is_help=True)

SiteKey = Annotated[str, typer.Argument(metavar="SITE", help="The site's key.")]
Word = Annotated[
    str, typer.Argument(metavar="REF|VIN|PHONE", help="The customer's number or phone, or a car's VIN.")
]
_Answer = TypeVar("_Answer")


@app.callback()
def customer() -> None:
    """Work with a person's data."""


@app.command()
def export(site: SiteKey, word: Word) -> None:
    """Print everything that is stored of a person's orders and cars at a site, as JSON."""
    now = read_clock()

    async def ask(connection: AsyncConnection[Any]) -> dict[str, list[Any]]:
        orders = await _find(connection, site, word)
        found = await export_customer(connection, site, orders)
        await _note(connection, Action.CUSTOMER_EXPORTED, site, len(orders), now)
        return found

    json.dump(_ask(ask), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


@app.command()
def erase(
    site: SiteKey,
    word: Word,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")] = False,
) -> None:
    """Erase a person from a site: names, phones, numbers and plates. What was done to the cars stays."""
    erasures, now = open_erasures(_settings()), read_clock()
    orders = _ask(lambda connection: _find(connection, site, word))
    shown = ", ".join(orders[:10]) + (" …" if len(orders) > 10 else "")  # noqa: PLR2004  # enough to know them by
    if not yes:
        typer.confirm(
            f"Erase the person of {len(orders)} work orders ({shown})? Nobody can undo this", abort=True
        )

    async def do(connection: AsyncConnection[Any]) -> str:
        erasures.add(site, orders, now)
        gone = await erase_orders(connection, site, orders, now)
        await _note(connection, Action.CUSTOMER_ERASED, site, len(orders), now)
        return ", ".join(f"{name} {count}" for name, count in gone.items())

    typer.echo(f"erased: {_ask(do)}")


@app.command()
def reapply() -> None:
    """Erase again what the list of erasures names, as after a restore; `bayboard migrate` does it, too."""
    typer.echo(say_applied(_settings()))


def say_applied(settings: Settings) -> str:
    """Apply the list of erasures, and say how many orders that concerned."""
    erasures = open_erasures(settings)
    try:
        count = ask_database(settings.database_url, erasures.apply)
    except ErasuresError as error:
        raise CommandError(str(error)) from error
    return f"erasures: {count} orders erased again" if count else "erasures: all done already"


def find_erasures(settings: Settings) -> Erasures | None:
    """Return the list of erasures, where somebody said where it is."""
    if settings.erasures_file is None or settings.secret_key is None:
        return None
    return Erasures(settings.erasures_file, settings.secret_key)


def open_erasures(settings: Settings) -> Erasures:
    """Return the list of erasures; raises CommandError where nobody said where it is, or there is no key."""
    erasures = find_erasures(settings)
    if erasures is None:
        raise CommandError(
            "BAYBOARD_ERASURES_FILE and BAYBOARD_SECRET_KEY must be set: the list of erasures is kept outside"
            " the database, so that a restored backup brings nobody back"
        )
    return erasures


async def _find(connection: AsyncConnection[Any], site: str, word: str) -> list[str]:
    orders = await find_orders(connection, site, word)
    if not orders:
        raise CommandError(f"no work order of {site} has the customer, phone or VIN {word}")
    return orders


async def _note(
    connection: AsyncConnection[Any], what: Action, site: str, orders: int, now: datetime
) -> None:
    """Keep that it was done, without saying of whom."""
    await audit.add(
        connection,
        at=now,
        who=getpass.getuser(),
        from_address=COMMAND,
        what=what,
        about=site,
        after={"orders": orders},
        sites=[site],
    )


def _ask(question: Callable[[AsyncConnection[Any]], Awaitable[_Answer]]) -> _Answer:
    try:
        return ask_database(_settings().database_url, question)
    except ErasuresError as error:
        raise CommandError(str(error)) from error


def _settings() -> Settings:
    return Settings.from_environment(required=("database_url",))
