"""`bayboard account …`: who may sign in with a name and a password.

Owns what is asked and printed. A password is drawn and shown once, or asked for; it is never an
argument, which every process of the machine could read.
"""

import getpass
import sys
from typing import Annotated

import typer

from bayboard.access_commands import check_sites
from bayboard.access_rows import ask_database, print_table, say_time
from bayboard.entry import CommandError, read_clock
from config.settings import Settings
from config.workshop import load_workshop
from dashboard.access import Role
from dashboard.attempts import is_name, tidy_name
from dashboard.passwords import PasswordError, draw_password, hash_password
from models.accounts import (
    AccountError,
    add_account,
    disable_account,
    enable_account,
    read_accounts,
    set_password,
)

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
    sites = check_sites(site, load_workshop(settings.workshop_file)) if site else None
    name = tidy_name(name)
    if not is_name(name):
        raise typer.BadParameter(
            "a user name is 1 to 64 of a-z 0-9 . _ @ - and begins with a letter or digit"
        )
    password = _choose_password(prompt=prompt)
    hashed, now = _hash(password), read_clock()
    try:
        ask_database(
            settings.database_url, lambda database: add_account(database, name, hashed, role, sites, now)
        )
    except AccountError as error:
        raise CommandError(str(error)) from error
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
    settings = Settings.from_environment(required=("database_url",))
    chosen = _choose_password(prompt=prompt)
    hashed = _hash(chosen)
    try:
        ask_database(settings.database_url, lambda database: set_password(database, tidy_name(name), hashed))
    except AccountError as error:
        raise CommandError(str(error)) from error
    _show(tidy_name(name), chosen, prompt=prompt)


@app.command()
def disable(name: Name) -> None:
    """Sign an account out everywhere, and let nobody sign in with it."""
    settings, now = Settings.from_environment(required=("database_url",)), read_clock()
    try:
        ask_database(settings.database_url, lambda database: disable_account(database, tidy_name(name), now))
    except AccountError as error:
        raise CommandError(str(error)) from error
    typer.echo(f"{tidy_name(name)} is disabled, and signed out within seconds.")


@app.command()
def enable(name: Name) -> None:
    """Let a disabled account sign in again."""
    settings = Settings.from_environment(required=("database_url",))
    try:
        ask_database(settings.database_url, lambda database: enable_account(database, tidy_name(name)))
    except AccountError as error:
        raise CommandError(str(error)) from error
    typer.echo(f"{tidy_name(name)} may sign in again.")


def _choose_password(*, prompt: bool) -> str:
    if not prompt:
        return draw_password()
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    chosen = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != chosen:
        raise CommandError("the two passwords are not the same")
    return chosen


def _hash(password: str) -> str:
    try:
        return hash_password(password)
    except PasswordError as error:
        raise CommandError(str(error)) from error


def _show(name: str, password: str, *, prompt: bool) -> None:
    typer.echo(f"  user name  {name}")
    if not prompt:
        typer.echo(f"  password   {password}\n\nIt is shown this once, and can be changed after signing in.")
