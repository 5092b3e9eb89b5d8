"""`bayboard account …`: who may sign in with a name and a password.

Owns what is asked and printed. A password is drawn and shown once, or asked for; it is never an
argument, which every process of the machine could read.
"""

import getpass
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from psycopg import AsyncConnection

from bayboard.commands.access import check_sites
from bayboard.console import ask_database, print_table, say_time
from bayboard.entry import CommandError, read_clock
from bayboard.operator import name_operator, note_command
from config.settings import Settings
from config.workshop import Workshop, load_workshop
from dashboard.access.attempts import is_name, tidy_name
from dashboard.access.identity import Role
from dashboard.access.passwords import PasswordError, draw_password, hash_password, judge_password
from models.domain.access.audit import COMMAND, Action
from models.queries.access.accounts import (
    AccountError,
    add_account,
    disable_account,
    enable_account,
    read_account,
    read_accounts,
    set_password,
)
from models.queries.access.second_factors import remove_second_factor

app = typer.Typer(help="Who may sign in, as what, and for which sites.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user name; case does not count.")]
Prompt = Annotated[
    bool,
    typer.Option("--prompt", help="Ask for the password, or read it from standard input; else one is drawn."),
]


@app.callback()
def account() -> None:
    """Who may sign in, as what, and for which sites."""


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.FOREMAN,
    site: Annotated[
        list[str] | None, typer.Option(help="Only this site; may be given again. Else every site.")
    ] = None,
    prompt: Prompt = False,
) -> None:
    """Add an account and show, this once, its password."""
    settings = Settings.from_environment(required=("database_url",))
    workshop, now = load_workshop(settings.workshop_file), read_clock()
    sites = check_sites(site, workshop) if site else None
    name = tidy_name(name)
    if not is_name(name):
        raise typer.BadParameter(
            "a user name is 1 to 64 of a-z 0-9 . _ @ - and begins with a letter or digit"
        )
    password = _choose_password(prompt=prompt)
    hashed = _hash(password, name, workshop, prompt=prompt)
    rights = {"role": role, "sites": None if sites is None else list(sites)}
    _change(
        settings,
        name,
        Action.ACCOUNT_ADDED,
        lambda database: add_account(database, name, hashed, role, sites, now),
        now,
        rights,
    )
    _show(name, password, prompt=prompt)


@app.command("list")
def list_accounts() -> None:
    """Show every account."""
    settings = Settings.from_environment(required=("database_url",))
    accounts = ask_database(settings.database_url, read_accounts)
    print_table(
        ["account", "role", "sites", "last signed in", "state"],
        [
            [
                row.label if row.label == row.name else f"{row.label} ({row.name})",
                row.role,
                "every site" if row.sites is None else ", ".join(row.sites),
                say_time(row.signed_in_at),
                f"disabled {say_time(row.disabled_at)}" if row.disabled_at else "",
            ]
            for row in accounts
        ],
    )


@app.command()
def password(name: Name, prompt: Prompt = False) -> None:
    """Give an account another password, which signs it out everywhere."""
    settings, now, name = Settings.from_environment(required=("database_url",)), read_clock(), tidy_name(name)
    chosen = _choose_password(prompt=prompt)
    hashed = _hash(chosen, name, load_workshop(settings.workshop_file), prompt=prompt)
    by = f"{name_operator()} ({COMMAND})"
    _change(
        settings,
        name,
        Action.PASSWORD_GIVEN,
        lambda database: set_password(database, name, hashed, given_by=by, now=now),
        now,
    )
    _show(name, chosen, prompt=prompt)


@app.command()
def disable(name: Name) -> None:
    """Sign an account out everywhere, and let nobody sign in with it."""
    settings, now, name = Settings.from_environment(required=("database_url",)), read_clock(), tidy_name(name)
    _change(
        settings, name, Action.ACCOUNT_DISABLED, lambda database: disable_account(database, name, now), now
    )
    typer.echo(f"{name} is disabled, and signed out within seconds.")


@app.command()
def enable(name: Name) -> None:
    """Let a disabled account sign in again."""
    settings, now, name = Settings.from_environment(required=("database_url",)), read_clock(), tidy_name(name)
    _change(settings, name, Action.ACCOUNT_ENABLED, lambda database: enable_account(database, name), now)
    typer.echo(f"{name} may sign in again.")


@app.command("remove-second-factor")
def remove_factor(name: Name) -> None:
    """Let an account whose phone and recovery codes are lost sign in with its password alone."""
    settings, now, name = Settings.from_environment(required=("database_url",)), read_clock(), tidy_name(name)

    async def remove(database: AsyncConnection[Any]) -> None:
        if not await remove_second_factor(database, name):
            raise AccountError(f"there is no account {name} with a second factor")

    _change(settings, name, Action.SECOND_FACTOR_REMOVED, remove, now)
    typer.echo(f"{name} signs in with the password alone, or sets up a new second factor.")


def _change(
    settings: Settings,
    name: str,
    what: Action,
    change: Callable[[AsyncConnection[Any]], Awaitable[object]],
    now: datetime,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Change an account, and note who did so; raises CommandError where it cannot be."""

    async def change_and_note(database: AsyncConnection[Any]) -> None:
        await change(database)
        account = await read_account(database, name)
        await note_command(
            database, what, now, about=name, after=after, sites=account.sites if account else None
        )

    try:
        ask_database(settings.database_url, change_and_note)
    except AccountError as error:
        raise CommandError(str(error)) from error


def _choose_password(*, prompt: bool) -> str:
    if not prompt:
        return draw_password()
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    chosen = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != chosen:
        raise CommandError("the two passwords are not the same")
    return chosen


def _hash(password: str, name: str, workshop: Workshop, *, prompt: bool) -> str:
    """Return what is kept of a password; one that a person chose is judged."""
    try:
        if prompt:
            judge_password(
                password, [name, *(word for site in workshop.sites for word in (site.key, site.en, site.zh))]
            )
        return hash_password(password)
    except PasswordError as error:
        raise CommandError(str(error)) from error


def _show(name: str, password: str, *, prompt: bool) -> None:
    typer.echo(f"  user name  {name}")
    if not prompt:
        typer.echo(f"  password   {password}\n\nIt is shown this once, and can be changed after signing in.")
