"""`bayboard remind`, `bayboard odometer …` and `bayboard service …`: reminders at a terminal.

Owns what is asked and how it is answered. What people say here is kept, and acted on by the engine's next
pass; nothing is reckoned in these commands but by `remind` itself.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import psycopg
import typer

from bayboard.entry import CommandError, read_clock
from bayboard.operator import note_command
from config.kit.log import configure_log
from config.settings import Settings
from config.workshop import load_workshop
from models.domain.access.audit import Action
from models.domain.odometer.limits import MOST_EVER_KM
from models.queries.service.answers import (
    OdometerWord,
    correct_odometer,
    hold_item,
    record_consent,
    release_item,
)

odometer = typer.Typer(help="What odometers say, put right.", no_args_is_help=True)
service = typer.Typer(help="What is due on vehicles, and whom to tell.", no_args_is_help=True)

_Answer = TypeVar("_Answer")


def _read_instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise typer.BadParameter(f"{text} has no offset; write it like 2026-11-21T08:00:00+08:00")
    return time


Vin = Annotated[str, typer.Argument(metavar="VIN")]
ItemKey = Annotated[str, typer.Argument(metavar="ITEM", help="Key of the item, as in the workshop file.")]
SiteKey = Annotated[str, typer.Argument(metavar="SITE", help="Key of the site, as in the workshop file.")]
CustomerRef = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The dealer system's own number.")]
By = Annotated[str | None, typer.Option(help="Who says so.")]


def remind(
    once: Annotated[bool, typer.Option("--once", help="One pass over every vehicle, then stop.")] = False,
    now: Annotated[
        datetime | None,
        typer.Option(parser=_read_instant, metavar="TIME", help="The time as of which, with --once."),
    ] = None,
    pause: Annotated[float, typer.Option(min=0.1, help="Seconds between two passes.")] = 5.0,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Leave what is to be said in the outbox.")
    ] = False,
    http_host: Annotated[str, typer.Option(help="Where to answer health and metrics.")] = "127.0.0.1",
    http_port: Annotated[
        int | None, typer.Option(help="Port of /healthz, /readyz and /metrics; none if not given.")
    ] = None,
) -> None:
    """Judge odometers, reckon what service is due, raise reminders and tell people, until stopped."""
    from bayboard.parts.reminders import remind_once, remind_until_stopped  # noqa: PLC0415

    if now and not once:
        raise typer.BadParameter("--now goes with --once")
    settings = Settings.from_environment(required=("database_url",))
    configure_log(settings.log_format)
    workshop = load_workshop(settings.workshop_file)
    if once:
        typer.echo(remind_once(settings, workshop, now or read_clock(), os.environ, send=not no_send))
        return
    remind_until_stopped(
        settings,
        workshop,
        os.environ,
        clock=read_clock,
        pause_seconds=pause,
        http=(http_host, http_port) if http_port else None,
        send=not no_send,
    )


@odometer.callback()
def _odometer() -> None:
    """Put right what odometers say."""


@odometer.command()
def correct(
    vin: Vin,
    km: Annotated[float, typer.Argument(min=0, help="What the vehicle has really driven.")],
    at: Annotated[
        datetime | None,
        typer.Option(parser=_read_instant, metavar="TIME", help="By when it has; by default now."),
    ] = None,
    shown: Annotated[
        float | None,
        typer.Option(min=0, help="What its odometer shows then, as after a swap of the cluster."),
    ] = None,
    by: By = None,
) -> None:
    """Say what a vehicle has really driven; later readings build on it, whatever was before."""
    now = read_clock()
    for name, said in (("KM", km), ("--shown", shown)):
        if said is not None and not 0 <= said <= MOST_EVER_KM:
            raise typer.BadParameter(f"{name} is {said:g}; an odometer shows 0 to {MOST_EVER_KM:,.0f} km")
    word = OdometerWord(vin, at or now, km, km if shown is None else shown, by)

    async def keep(connection: "psycopg.AsyncConnection[object]") -> None:
        await correct_odometer(connection, word, now)
        after = {"km": km, "shown": word.shown_km, "by": by}
        await note_command(connection, Action.REMINDER_CHANGED, now, about=f"odometer of {vin}", after=after)

    _ask(keep)
    typer.echo(f"{vin}: {km:.0f} km at {word.at.isoformat()}, kept; its readings are judged anew")


@service.callback()
def _service() -> None:
    """Hold what is due, and keep what customers say."""


@service.command()
def snooze(
    vin: Vin,
    item: ItemKey,
    until: Annotated[datetime, typer.Option(parser=_read_instant, metavar="TIME", help="Until when.")],
    by: By = None,
) -> None:
    """Tell nobody of a due item until a time."""
    _hold(vin, item, until, by)
    typer.echo(f"{vin}: {item} is not raised until {until.isoformat()}")


@service.command()
def dismiss(vin: Vin, item: ItemKey, by: By = None) -> None:
    """Tell nobody of this due of an item; the next one is raised again."""
    _hold(vin, item, None, by)
    typer.echo(f"{vin}: {item} is dismissed for this time")


@service.command()
def release(vin: Vin, item: ItemKey) -> None:
    """Undo a snooze or a dismissal."""
    now = read_clock()

    async def end(connection: "psycopg.AsyncConnection[object]") -> bool:
        ended = await release_item(connection, vin, item)
        if ended:
            about, after = f"{vin} {item}", {"done": "released"}
            await note_command(connection, Action.REMINDER_CHANGED, now, about=about, after=after)
        return ended

    if not _ask(end):
        raise CommandError(f"{item} of {vin} is neither snoozed nor dismissed")
    typer.echo(f"{vin}: {item} is raised when it is due")


@service.command()
def opt_out(site: SiteKey, customer: CustomerRef, by: By = None) -> None:
    """Keep that a customer does not want to be told, and withdraw what waits for them."""
    withdrawn = _say_consent(site, customer, by, allowed=False)
    typer.echo(f"{customer} is not told any more; messages withdrawn: {withdrawn}")


@service.command()
def opt_in(site: SiteKey, customer: CustomerRef, by: By = None) -> None:
    """Keep that a customer wants to be told."""
    _say_consent(site, customer, by, allowed=True)
    typer.echo(f"{customer} is told from now on")


def _hold(vin: str, item: str, until: datetime | None, by: str | None) -> None:
    now = read_clock()

    async def hold(connection: "psycopg.AsyncConnection[object]") -> bool:
        held = await hold_item(connection, vin, item, until=until, by=by, now=now)
        if held:
            after = {"done": "snoozed" if until else "dismissed", "until": str(until or ""), "by": by}
            about = f"{vin} {item}"
            await note_command(connection, Action.REMINDER_CHANGED, now, about=about, after=after)
        return held

    if not _ask(hold):
        raise CommandError(f"nothing is known of an item {item} of {vin}")


def _say_consent(site: str, customer: str, by: str | None, *, allowed: bool) -> int:
    now = read_clock()

    async def keep(connection: "psycopg.AsyncConnection[object]") -> int:
        withdrawn = await record_consent(connection, site, customer, allowed=allowed, by=by, now=now)
        # Whose consent it is is kept with the consent alone: it goes when the customer is erased.
        after = {"may be notified": allowed, "withdrawn": withdrawn}
        await note_command(
            connection, Action.REMINDER_CHANGED, now, about="consent", after=after, sites=[site]
        )
        return withdrawn

    return _ask(keep)


def _ask(question: Callable[["psycopg.AsyncConnection[object]"], Awaitable[_Answer]]) -> _Answer:
    settings = Settings.from_environment(required=("database_url",))
    assert settings.database_url  # noqa: S101  # required above
    address = settings.database_url

    async def ask() -> _Answer:
        async with await psycopg.AsyncConnection.connect(address) as connection:
            return await question(connection)

    return asyncio.run(ask())
