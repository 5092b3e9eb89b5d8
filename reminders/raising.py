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

from models.domain.outbox import NewMessage, Role
from models.queries.reminders_evidence import lock_vehicles
from models.queries.reminders_outbox import put_messages
from models.queries.reminders_ripe import (
    Ripe,
    count_second_notice,
    insert_reminder,
    read_consent,
    read_ripe,
    read_worth,
)
from reminders.plans import Plans
from reminders.quiet import find_leaving_time

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
        while True:
            with connection.transaction():
                ripe, whole = _take_ripe(connection, site, plans, now)
                raised = _raise(connection, ripe, plans, now) if ripe else Raised()
            yield raised
            # What is left is another engine's, or is ripe again in the next pass.
            if not whole or not raised.reminders + raised.again:
                break


def _take_ripe(
    connection: Connection[Any], site: str, plans: Plans, now: datetime
) -> tuple[list[Ripe], bool]:
    """Lock the next vehicles on which something is ripe, and read it again; say whether there was more."""
    today = plans.tell_time(site, now).date()
    found = read_ripe(connection, site, today, now, limit=PORTION)
    vins = lock_vehicles(connection, sorted({each.vin for each in found}))
    if not vins:
        return [], False
    ripe = read_ripe(connection, site, today, now, limit=PORTION * 10, vins=vins)
    return ripe, len(found) == PORTION


def _raise(connection: Connection[Any], ripe: Sequence[Ripe], plans: Plans, now: datetime) -> Raised:
    site = ripe[0].site
    customers = sorted({each.customer_ref for each in ripe if each.customer_ref})
    consent = read_consent(connection, site, customers)
    worth = read_worth(connection, site, customers, now) if plans.rules.call_from_hours else {}
    leaves_at = find_leaving_time(plans.sites[site], plans.rules, now)
    new = again = withheld = 0
    messages: list[NewMessage] = []
    for _, group in groupby(ripe, key=lambda each: each.vin):
        items = list(group)
        channel = _choose_channel(items[0], consent, worth, plans)
        told: list[tuple[int, Ripe]] = []
        for each in items:
            if each.reminder_id is not None:
                count_second_notice(connection, each.reminder_id, now)
                again += 1
                told.append((each.reminder_id, each))
            elif reminder := insert_reminder(
                connection, each, channel, "raised" if channel else "withheld", now
            ):
                new += 1
                told.append((reminder, each))
        if not channel:
            withheld += len(told)
        elif told:
            messages.append(_write_message(told, channel, plans, leaves_at))
    return Raised(new, again, withheld, put_messages(connection, messages, now))


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
    # Each reminder's first and second notice are an event of their own, told together or not.
    events = (f"{reminder}.{1 if each.reminder_id is None else 2}" for reminder, each in told)
    items = [
        {
            "item": each.item,
            **plans.names.get(each.item, {}),
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
