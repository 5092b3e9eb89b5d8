"""Raising: what is ripe becomes a reminder and, in the same transaction, a message in the outbox.

Owns who is told and how: a message to the customer, a call to make for the advisor where the customer is
worth it, nothing where there is no consent. One message tells of everything that is ripe on a vehicle. Once
per due, however many engines run: under the vehicle's lock, and by a unique key.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from psycopg import Connection

from models.domain.delivery import NewMessage, Role
from models.queries.delivery.outbox import put_messages
from models.queries.service.evidence import lock_vehicles
from models.queries.service.ripe import (
    Ripe,
    count_notices,
    insert_reminders,
    read_consent,
    read_ripe,
    read_worth,
)
from reminders.quiet import find_leaving_time
from reminders.service.plans import Plans

PORTION = 500
MESSAGE, CALL = "message", "call"
TEMPLATES = {MESSAGE: "service_due", CALL: "service_call"}


@dataclass(frozen=True, slots=True)
class Raised:
    """What a portion came to: reminders raised, told again, withheld, and the messages written for them."""

    reminders: int = 0
    again: int = 0
    withheld: int = 0
    messages: int = 0


def raise_all(connection: Connection[Any], plans: Plans, now: datetime) -> Iterator[Raised]:
    """Raise everything that is ripe at every site, a portion and transaction at a time."""
    for site in plans.sites:
        today, after = plans.tell_time(site, now).date(), ""
        while True:
            with connection.transaction():
                found = read_ripe(connection, site, today, now, limit=PORTION, after=after)
                # Read again under the lock: another engine may have raised it in between.
                vins = [each.vin for each in lock_vehicles(connection, sorted({each.vin for each in found}))]
                ripe = read_ripe(connection, site, today, now, vins=vins) if vins else []
                raised = _raise(connection, ripe, plans, now) if ripe else Raised()
            yield raised
            if len(found) < PORTION:
                break
            after = found[-1].vin
        if after:
            # So many new rows make the database plan anew what it asks of them.
            connection.execute("analyze service_reminder, outbox_message, outbox_reminder")


def _raise(connection: Connection[Any], ripe: Sequence[Ripe], plans: Plans, now: datetime) -> Raised:
    site = ripe[0].site
    customers = sorted({each.customer_ref for each in ripe if each.customer_ref})
    consent = read_consent(connection, site, customers)
    worth = read_worth(connection, site, customers, now) if plans.rules.call_from_hours else {}
    channels = {each.vin: _choose_channel(each, consent, worth, plans) for each in ripe}
    first = [each for each in ripe if each.reminder_id is None]
    again = [
        (each.reminder_id, each, channel)
        for each in ripe
        if each.reminder_id is not None and (channel := channels[each.vin])
    ]
    ids = insert_reminders(
        connection,
        [(each, channels[each.vin], "raised" if channels[each.vin] else "withheld") for each in first],
        now,
    )
    new = [(reminder, each) for reminder, each in zip(ids, first, strict=True) if reminder is not None]
    count_notices(connection, {reminder: channel for reminder, _, channel in again}, now)
    leaves_at = find_leaving_time(plans.sites[site], now)
    told = [*new, *((reminder, each) for reminder, each, _ in again)]
    told.sort(key=lambda pair: (pair[1].vin, pair[0]))
    messages = [
        _write_message(list(group), channel, plans, leaves_at)
        for vin, group in groupby(told, key=lambda pair: pair[1].vin)
        if (channel := channels[vin])
    ]
    withheld = sum(channels[each.vin] is None for _, each in new)
    return Raised(len(new), len(again), withheld, put_messages(connection, messages, now))


def _choose_channel(
    ripe: Ripe, consent: Mapping[str, bool], worth: Mapping[str, float], plans: Plans
) -> str | None:
    """Return how a customer is told: by message, by the advisor's call, or not at all."""
    allowed = consent.get(ripe.customer_ref or "", plans.rules.consent == "opt_out")
    if not allowed:
        return None
    least = plans.rules.call_from_hours
    valued = least is not None and worth.get(ripe.customer_ref or "", 0.0) >= least
    return CALL if valued else MESSAGE


def _write_message(
    told: Sequence[tuple[int, Ripe]], channel: str, plans: Plans, leaves_at: datetime
) -> NewMessage:
    first = told[0][1]
    reminders = tuple(reminder for reminder, _ in told)
    # Each notice of a reminder is an event of its own, told together with others or not.
    events = (f"{reminder}.{each.notices + 1}" for reminder, each in told)
    items = [
        {
            "item": each.item,
            "name": plans.names.get(each.item, {"en": each.item}),
            "due_km": each.due_km,
            "due_on": each.due_on and each.due_on.isoformat(),
            "projected_on": each.projected_on and each.projected_on.isoformat(),
        }
        for _, each in told
    ]
    return NewMessage(
        event_key=f"service/{'+'.join(events)}",
        site=first.site,
        role=Role.ADVISOR if channel == CALL else Role.CUSTOMER,
        recipient=first.advisor if channel == CALL else first.customer_ref,
        template=TEMPLATES[channel],
        payload={
            "vin": first.vin,
            "plate": first.plate,
            "vehicle": " ".join(filter(None, (first.make, first.model))),
            "km": first.km,
            "customer": first.customer_name,
            "phone": first.customer_phone,
            "items": items,
        },
        due_at=leaves_at,
        vin=first.vin,
        reminders=reminders,
    )
