"""`bayboard quarantine …`: the messages that were refused, at a terminal.

Owns what is asked and how it is answered. Replays decode with the code and configuration of
this very command, so what was repaired counts at once, whatever ingest still runs with.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
import psycopg
import typer
from rich.console import Console, RenderableType

from bayboard.entry import CommandError, read_clock
from bayboard.operator import note_command
from config.kit.log import configure_log
from config.settings import Settings
from config.workshop import load_workshop
from models.domain.access.audit import Action
from models.domain.quarantine import QuarantinedRow, Status
from models.queries.quarantine.messages import (
    QuarantineFilter,
    count_by_reason,
    discard,
    find_ids,
    read_quarantine,
    read_quarantined,
)

app = typer.Typer(help="The messages that were refused.", no_args_is_help=True)

_Answer = TypeVar("_Answer")
# Where no terminal says how wide it is, a line of a table stays a line.
_WIDTH_OF_A_FILE = 200
_REPLAYED_AT_ONCE = 100
_DISCARDED_AT_ONCE = 1000


def _read_instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise typer.BadParameter(f"{text} has no offset; write it like 2026-11-21T08:00:00+08:00")
    return time


Ids = Annotated[list[int] | None, typer.Argument(metavar="ID", help="Numbers, as `list` shows them.")]
OfStatus = Annotated[Status | None, typer.Option("--status", help="By default new.")]
OfSite = Annotated[str | None, typer.Option("--site", help="Sent by a device of this site.")]
OfDevice = Annotated[str | None, typer.Option("--device", help="Sent by this device.")]
OfTopic = Annotated[
    str | None, typer.Option("--topic", help="How the topic begins, or an MQTT filter with + and #.")
]
OfReason = Annotated[str | None, typer.Option("--reason", help="Part of the reason; … stands for anything.")]
Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=_read_instant, metavar="TIME", help="Received then or later."),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", parser=_read_instant, metavar="TIME", help="Received before then."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.callback()
def quarantine() -> None:
    """Work with the messages that were refused."""


@app.command("list")
def list_messages(
    status: OfStatus = None,
    site: OfSite = None,
    device: OfDevice = None,
    topic: OfTopic = None,
    reason: OfReason = None,
    since: Since = None,
    until: Until = None,
    whatever: Annotated[bool, typer.Option("--all", help="Whatever became of them.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    by_reason: Annotated[bool, typer.Option("--by-reason", help="Only how many, by reason.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, times in full.")] = False,
) -> None:
    """Show refused messages, the newest first."""
    from bayboard.quarantine.text import draw_messages, draw_reasons  # noqa: PLC0415

    which = _make_filter(status, site, device, topic, reason, since, until)
    if not whatever:
        which = replace(which, status=which.status or Status.NEW)
    if by_reason:
        reasons = _ask(lambda connection: count_by_reason(connection, which))
        _show(draw_reasons(reasons), reasons if as_json else None)
    else:
        rows = _ask(lambda connection: read_quarantine(connection, which, limit=limit))
        _show(draw_messages(rows), list(map(_in_words, rows)) if as_json else None)


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number, as `list` shows it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Only the payload, as it came.")] = False,
) -> None:
    """Show one message with its reason and its whole payload, the faulty field marked."""
    from bayboard.quarantine.text import draw_message  # noqa: PLC0415

    async def read(connection: psycopg.AsyncConnection) -> tuple[QuarantinedRow, bytes] | None:
        found = await read_quarantined(connection, number)
        if found:
            about, sites = f"message {number}", [found[0].site] if found[0].site else None
            await note_command(connection, Action.QUARANTINE_SHOWN, read_clock(), about=about, sites=sites)
        return found

    found = _ask(read)
    if found is None:
        raise CommandError(f"there is no message {number} in quarantine")
    row, payload = found
    if raw:
        sys.stdout.buffer.write(payload)
    else:
        _show(draw_message(row, payload))


@app.command()
def replay(
    ids: Ids = None,
    status: OfStatus = None,
    site: OfSite = None,
    device: OfDevice = None,
    topic: OfTopic = None,
    reason: OfReason = None,
    since: Since = None,
    until: Until = None,
    yes: Yes = False,
) -> None:
    """Store messages as if they had just come, after what was wrong is put right."""
    from bayboard.quarantine.replay import describe_outcome, replay_all, summarise  # noqa: PLC0415

    settings = Settings.from_environment(required=("database_url",))
    configure_log(settings.log_format)
    workshop = load_workshop(settings.workshop_file)
    which = _make_filter(status, site, device, topic, reason, since, until)
    chosen = _choose("Replay", ids, which, yes=yes)
    replayed = replay_all(
        _database_url(settings), workshop, _walk(chosen, _REPLAYED_AT_ONCE, "Replaying"), read_clock
    )
    _note(Action.QUARANTINE_REPLAYED, chosen)
    for number in chosen if ids else ():
        typer.echo(f"{number}: {describe_outcome(replayed, number)}")
    typer.echo(summarise(replayed, len(chosen)))
    if replayed.refused:
        raise CommandError(f"{len(replayed.refused):,} of {len(chosen):,} messages were refused again")
    if ids and len(replayed) < len(chosen):
        raise CommandError(f"{len(chosen) - len(replayed)} of {len(chosen)} messages were left alone")


@app.command("discard")
def discard_messages(
    ids: Ids = None,
    status: OfStatus = None,
    site: OfSite = None,
    device: OfDevice = None,
    topic: OfTopic = None,
    reason: OfReason = None,
    since: Since = None,
    until: Until = None,
    yes: Yes = False,
) -> None:
    """Mark messages as of no use; they are kept, and may still be replayed by number."""
    which = _make_filter(status, site, device, topic, reason, since, until)
    chosen = _choose("Discard", ids, which, yes=yes)

    async def discard_all(connection: psycopg.AsyncConnection) -> int:
        batches = _walk(chosen, _DISCARDED_AT_ONCE, "Discarding")
        done = sum([await discard(connection, batch) for batch in batches])
        await _note_many(connection, Action.QUARANTINE_DISCARDED, chosen)
        return done

    discarded = _ask(discard_all)
    typer.echo(f"{discarded:,} discarded")
    if ids and discarded < len(chosen):
        left = len(chosen) - discarded
        raise CommandError(f"{left} of {len(chosen)} messages are not there or settled already")


# The numbers that an entry of the audit trail names; of more it keeps how many.
_NAMED_IN_AUDIT = 50


async def _note_many(connection: psycopg.AsyncConnection, what: Action, ids: Sequence[int]) -> None:
    after = {"messages": len(ids), "ids": list(ids[:_NAMED_IN_AUDIT])}
    await note_command(connection, what, read_clock(), about="quarantine", after=after)


def _note(what: Action, ids: Sequence[int]) -> None:
    _ask(lambda connection: _note_many(connection, what, ids))


def _make_filter(
    status: Status | None,
    site: str | None,
    device: str | None,
    topic: str | None,
    reason: str | None,
    since: datetime | None,
    until: datetime | None,
) -> QuarantineFilter:
    try:
        return QuarantineFilter(status, site, device, topic, reason, since, until)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--topic") from error


def _choose(verb: str, ids: list[int] | None, which: QuarantineFilter, *, yes: bool) -> list[int]:
    """Return the numbers that are meant, having asked if a filter says which."""
    if bool(ids) == (which != QuarantineFilter(status=None)):
        raise typer.BadParameter("say which: numbers, or else a filter such as --reason stage")
    if ids:
        return sorted(set(ids))
    meant = replace(which, status=which.status or Status.NEW)
    chosen = _ask(lambda connection: find_ids(connection, meant))
    if chosen and not yes:
        typer.confirm(f"{verb} {len(chosen):,} messages?", abort=True)
    return chosen


def _walk(chosen: Sequence[int], size: int, doing: str) -> Iterator[Sequence[int]]:
    """Yield the numbers in batches, with a progress bar where somebody watches."""
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(doing, total=len(chosen))
        for start in range(0, len(chosen), size):
            batch = chosen[start : start + size]
            yield batch
            progress.advance(task, len(batch))


def _in_words(row: QuarantinedRow) -> dict[str, object]:
    return {**asdict(row), "preview": row.preview.decode(errors="replace")}


def _show(drawn: RenderableType, plain: object = None) -> None:
    """Print for people, or the plain values as JSON if there are any."""
    if plain is not None:
        typer.echo(msgspec.json.format(msgspec.json.encode(plain)))
        return
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE).print(drawn)


def _ask(question: Callable[[psycopg.AsyncConnection], Awaitable[_Answer]]) -> _Answer:
    """Put a question to the database."""
    settings = Settings.from_environment(required=("database_url",))

    async def answer() -> _Answer:
        async with await psycopg.AsyncConnection.connect(_database_url(settings)) as connection:
            return await question(connection)

    return asyncio.run(answer())


def _database_url(settings: Settings) -> str:
    assert settings.database_url  # noqa: S101  # required by every command
    return settings.database_url
