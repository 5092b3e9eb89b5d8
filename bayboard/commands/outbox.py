"""`bayboard outbox …`: messages to people, at a terminal: what waits, what was sent, what is dead and why.

Owns what is asked and how it is answered. Nothing is sent here; what is to go out again waits for a
dispatcher.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from bayboard.console import ask_database, print_table, say_time
from bayboard.entry import CommandError, read_clock
from bayboard.operator import note_command
from config.settings import Settings
from models.domain.access.audit import Action
from models.domain.delivery import MessageState
from models.queries.delivery.found import (
    ToldAttempt,
    ToldMessage,
    cancel_messages,
    read_attempts,
    read_messages,
    resend_messages,
)

# The numbers that an entry of the audit trail names; of more it keeps how many.
_NAMED_IN_AUDIT = 50

app = typer.Typer(help="Messages to people: waiting, sent, withdrawn or dead.", no_args_is_help=True)

Ids = Annotated[list[int] | None, typer.Argument(metavar="ID", help="Numbers, as `list` shows them.")]
OfSite = Annotated[str | None, typer.Option("--site", help="Of this site.")]


@app.callback()
def outbox() -> None:
    """Work with the messages to people."""


@app.command("list")
def list_messages(
    state: Annotated[MessageState | None, typer.Option(help="Only these.")] = None,
    site: OfSite = None,
    channel: Annotated[str | None, typer.Option(help="By this channel.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with their payloads.")] = False,
) -> None:
    """Show messages, the newest first."""
    found = ask_database(
        _database_url(),
        lambda connection: read_messages(connection, state=state, site=site, channel=channel, limit=limit),
    )
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    print_table(
        ["id", "state", "site", "to", "of", "channel", "attempts", "due", "why"],
        [
            [
                str(each.id),
                each.state,
                each.site,
                _name_receiver(each),
                each.event,
                each.channel or "-",
                str(each.attempts),
                say_time(each.due_at),
                each.why or "",
            ]
            for each in found
        ],
    )


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number, as `list` shows it.")],
) -> None:
    """Show a message with its payload and every attempt to deliver it."""

    async def ask(connection: Any) -> tuple[list[ToldMessage], list[ToldAttempt]]:
        messages = await read_messages(connection, number=number)
        return messages, await read_attempts(connection, number)

    messages, attempts = ask_database(_database_url(), ask)
    if not messages:
        raise CommandError(f"there is no message {number} in the outbox")
    [message] = messages
    for name, value in (
        ("state", message.state),
        ("happened", message.event_key),
        ("to", _name_receiver(message)),
        ("channel", message.channel or "none yet"),
        ("written", say_time(message.created_at)),
        ("due", say_time(message.due_at)),
        ("payload", msgspec.json.format(msgspec.json.encode(message.payload)).decode()),
    ):
        typer.echo(f"{name}: {value}")
    print_table(
        ["attempt", "at", "channel", "outcome", "seconds", "why", "named"],
        [
            [
                str(each.attempt),
                say_time(each.attempted_at),
                each.channel or "-",
                each.outcome,
                "" if each.seconds is None else f"{each.seconds:.2f}",
                each.detail or "",
                each.send_id,
            ]
            for each in attempts
        ],
    )


@app.command()
def resend(
    ids: Ids = None,
    every: Annotated[bool, typer.Option("--dead", help="Everything that is dead.")] = False,
    site: OfSite = None,
) -> None:
    """Let dead or withdrawn messages be sent after all, tried as often as new ones."""
    if bool(ids) == every:
        raise typer.BadParameter("name the messages, or say --dead")
    now = read_clock()

    async def send(connection: Any) -> list[int]:
        sent = await resend_messages(connection, ids or None, site, now)
        await _note(connection, "sent again", sent, now)
        return list(sent)

    sent = ask_database(_database_url(), send)
    _check_all_found(ids, sent, "neither dead nor withdrawn")
    typer.echo(f"wait to be sent again: {len(sent)}")


@app.command()
def cancel(
    ids: Annotated[list[int], typer.Argument(metavar="ID", help="Numbers, as `list` shows them.")],
) -> None:
    """Withdraw messages that were not sent."""
    now = read_clock()

    async def withdraw(connection: Any) -> list[int]:
        withdrawn = await cancel_messages(connection, ids, now)
        await _note(connection, "withdrawn", withdrawn, now)
        return list(withdrawn)

    withdrawn = ask_database(_database_url(), withdraw)
    _check_all_found(ids, withdrawn, "neither waiting nor dead")
    typer.echo(f"withdrawn: {len(withdrawn)}")


async def _note(connection: Any, done: str, ids: Sequence[int], now: datetime) -> None:
    after = {"done": done, "messages": len(ids), "ids": list(ids[:_NAMED_IN_AUDIT])}
    await note_command(connection, Action.MESSAGE_CHANGED, now, about="outbox", after=after)


def _check_all_found(asked: Sequence[int] | None, found: Sequence[int], what: str) -> None:
    missing = sorted(set(asked or ()) - set(found))
    if missing:
        raise CommandError(f"{', '.join(map(str, missing))}: there is no such message, or it is {what}")


def _name_receiver(message: ToldMessage) -> str:
    return " ".join(filter(None, (message.role, message.recipient)))


def _database_url() -> str | None:
    return Settings.from_environment(required=("database_url",)).database_url
