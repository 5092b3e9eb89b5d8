"""One due item in full: when it is due and why, how well its vehicle is known, what was said to whom.

Owns what is told of it and in which order. Pure.
"""

from collections.abc import Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import UNKNOWN, name_item, say_count, say_date, zone_of
from dashboard.figures.kit.addresses import order_address, vehicle_address
from dashboard.figures.service.table import find_state, say_hold, say_km, say_moment, say_range
from models.domain.service.listed import Attempt, ListedItem, Owner


def draw_item(
    item: ListedItem, owner: Owner, attempts: Sequence[Attempt], workshop: Workshop, lang: str
) -> list[Component]:
    """Draw an item in full."""
    zone = zone_of(item.site, workshop)
    told = [
        _draw_message(list(group), zone, lang) for _, group in groupby(attempts, key=lambda each: each.id)
    ]
    return [
        html.H3([name_item(item.item, item.plan, workshop, lang), _draw_state(item, lang)]),
        _draw_pairs(_tell_due(item, owner, zone, lang)),
        html.H4(text(lang, "reminders.mileage")),
        _draw_pairs(_tell_mileage(owner, zone, lang)),
        html.H4(text(lang, "reminders.customer")),
        _draw_pairs(_tell_customer(owner, zone, lang)),
        html.H4(text(lang, "reminders.messages")),
        html.Ul(told, className="told") if told else html.P(text(lang, "reminders.no_messages")),
    ]


def _draw_state(item: ListedItem, lang: str) -> Component:
    state = find_state(item)
    return html.Span(name_stored(lang, "reminder_state", state), className=f"state state-{state}")


def _draw_pairs(pairs: Sequence[tuple[str, Component | str]]) -> Component:
    return html.Dl([part for name, value in pairs for part in (html.Dt(name), html.Dd(value))])


def _tell_due(item: ListedItem, owner: Owner, zone: ZoneInfo, lang: str) -> list[tuple[str, Component | str]]:
    vehicle = " ".join(filter(None, (item.plate, item.make, item.model))) or item.vin
    due = [say_date(item.due_on, lang)] if item.due_on else []
    due += [text(lang, "reminders.at_km", km=say_count(item.due_km, lang))] if item.due_km else []
    spread = say_range(item.projected_from, item.projected_to, lang)
    done = [say_date(owner.done_on, lang)] if owner.done_on else []
    done += [say_km(owner.done_km, lang)] if owner.done_km else []
    told: list[tuple[str, Component | str]] = [
        (text(lang, "reminders.vehicle"), html.A(vehicle, href=vehicle_address(item.vin))),
        (text(lang, "reminders.plan"), item.plan),
        (text(lang, "reminders.due_by"), " · ".join(due) or UNKNOWN),
        (
            text(lang, "reminders.projected"),
            say_date(item.projected_on, lang) + (f" ({spread})" if spread else ""),
        ),
        (text(lang, "reminders.last_done"), " · ".join(done) or UNKNOWN),
    ]
    if item.raised_at:
        told.append((text(lang, "reminders.raised"), say_moment(item.raised_at, zone, lang)))
    if item.closed_at:
        told.append((text(lang, "reminders.closed"), say_moment(item.closed_at, zone, lang)))
    if item.closed_by:
        site, _, order = item.closed_by.partition("/")
        link = html.A(item.closed_by, href=order_address(site, order))
        told.append((text(lang, "reminders.closed_by"), link))
    if item.shown == "held":
        because = f": {item.held_because}" if item.held_because else ""
        told.append((text(lang, "reminders.held"), say_hold(item, zone, lang) + because))
    return told


def _tell_mileage(owner: Owner, zone: ZoneInfo, lang: str) -> list[tuple[str, Component | str]]:
    shown = say_km(owner.km, lang)
    if owner.km_at:
        shown += f", {say_moment(owner.km_at, zone, lang)}"
    rate = UNKNOWN
    if owner.km_per_day is not None and owner.rate_from:
        rate = text(
            lang,
            "reminders.km_per_day",
            km=say_count(owner.km_per_day, lang),
            low=say_count(owner.km_per_day_low or 0.0, lang),
            high=say_count(owner.km_per_day_high or 0.0, lang),
        )
        rate += f", {text(lang, f'reminder_rate.{owner.rate_from}')}"
    readings = text(
        lang, "reminders.readings_are", trusted=owner.trusted_readings, refused=owner.refused_readings
    )
    return [
        (text(lang, "reminders.odometer"), shown),
        (text(lang, "reminders.rate"), rate),
        (text(lang, "reminders.readings"), readings),
    ]


def _tell_customer(owner: Owner, zone: ZoneInfo, lang: str) -> list[tuple[str, Component | str]]:
    said_at = say_moment(owner.consent_at, zone, lang)
    if owner.consent is None:
        consent = text(lang, "reminders.no_word")
    elif owner.consent:
        consent = text(lang, "reminders.said_yes", at=said_at)
    else:
        consent = text(lang, "reminders.said_no", at=said_at)
    person = " · ".join(filter(None, (owner.customer_name, owner.customer_phone, owner.customer_ref)))
    return [
        (text(lang, "reminders.customer"), person or UNKNOWN),
        (text(lang, "reminders.advisor"), owner.advisor or UNKNOWN),
        (text(lang, "reminders.consent"), consent),
    ]


def _draw_message(attempts: Sequence[Attempt], zone: ZoneInfo, lang: str) -> Component:
    message = attempts[0]
    whom = " ".join(filter(None, (name_stored(lang, "reminder_role", message.role), message.recipient)))
    at = message.settled_at or message.due_at
    tried = [each for each in attempts if each.attempt is not None]
    return html.Li(
        [
            html.Span(
                [
                    html.B(whom),
                    html.Span(
                        name_stored(lang, "message_state", message.state, at=say_moment(at, zone, lang)),
                        className=f"state state-{message.state}",
                    ),
                ],
                className="line",
            ),
            *(_draw_attempt(each, zone, lang) for each in tried),
        ]
    )


def _draw_attempt(attempt: Attempt, zone: ZoneInfo, lang: str) -> Component:
    words = text(
        lang,
        "reminders.attempt",
        number=attempt.attempt,
        at=say_moment(attempt.attempted_at, zone, lang),
        channel=attempt.channel,
        outcome=name_stored(lang, "attempt_outcome", attempt.outcome or "begun"),
    )
    return html.Div(f"{words}: {attempt.detail}" if attempt.detail else words, className="second")
