"""Screens and accounts as tables with what can be done to each row. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.kit.length import say_length
from models.domain.access.people import AccountRow, ScreenRow

# What is noted every twenty seconds is away after a minute.
SILENT_AFTER = timedelta(minutes=1)
_SHOWN = 4


def find_state(screen: ScreenRow, now: datetime) -> str:
    """Say how a screen is doing."""
    if screen.revoked_at:
        return "revoked"
    if screen.seen_at is None:
        return "new"
    return "showing" if now - screen.seen_at <= SILENT_AFTER else "silent"


def name_screen(screen: ScreenRow, lang: str) -> str:
    """Return what a screen is called."""
    return screen.name or text(lang, "screens.unnamed", id=screen.id)


def draw_screens(
    screens: Sequence[ScreenRow],
    addresses: Mapping[int, Sequence[str]],
    workshop: Workshop,
    now: datetime,
    lang: str,
) -> Component:
    """Return every screen and from where it was seen, with a button that revokes it."""
    headings = [
        "screens.name",
        "screens.kind",
        "screens.site",
        "screens.state",
        "screens.seen",
        "screens.addresses",
        "screens.added",
    ]
    revoke = text(lang, "screens.revoke")
    return _draw_table([text(lang, key) for key in headings], [
        [
            html.B(name_screen(screen, lang)),
            name_stored(lang, "screen_kind", screen.kind),
            _name_site(screen.site, workshop, lang),
            _draw_state(find_state(screen, now), text(lang, f"screen_state.{find_state(screen, now)}")),
            _say_ago(screen.seen_at, now, lang),
            _draw_addresses(addresses.get(screen.id, ()), lang),
            _say_ago(screen.added_at, now, lang),
            [] if screen.revoked_at else _draw_button(revoke, "screen-revoke", screen.id),
        ]
        for screen in screens
    ])  # fmt: skip


def draw_accounts(
    accounts: Sequence[AccountRow], myself: str | None, workshop: Workshop, now: datetime, lang: str
) -> Component:
    """Return every account, with what can be done to it."""
    headings = ["accounts.name", "accounts.role", "accounts.sites", "accounts.state", "accounts.seen"]
    return _draw_table([text(lang, key) for key in headings], [
        [
            [html.B(account.label), *_draw_company(account, lang)],
            name_stored(lang, "role", account.role),
            text(lang, "accounts.every_site")
            if account.sites is None
            else ", ".join(_name_site(site, workshop, lang) for site in account.sites),
            _draw_account_state(account, lang),
            _say_ago(account.signed_in_at, now, lang),
            _draw_account_buttons(account, myself, lang),
        ]
        for account in accounts
    ])  # fmt: skip


def _draw_table(headings: list[str], rows: list[list[Any]]) -> Component:
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(heading) for heading in [*headings, ""]])),
            html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in rows]),
        ],
        className="rows",
    )


def _draw_addresses(addresses: Sequence[str], lang: str) -> list[Component | str]:
    shown: list[Component | str] = [html.Span(address, className="second") for address in addresses[:_SHOWN]]
    if len(addresses) > _SHOWN:
        more = text(lang, "screens.more_addresses", count=len(addresses) - _SHOWN)
        shown.append(html.Span(more, className="second"))
    return shown


def _draw_state(state: str, words: str) -> Component:
    return html.Span(html.Span(words, className="word"), className=f"status status-{state}")


def _draw_account_state(account: AccountRow, lang: str) -> Component:
    state = "disabled" if account.disabled_at else "active"
    return _draw_state(state, text(lang, f"account_state.{state}"))


def _draw_company(account: AccountRow, lang: str) -> list[Component]:
    if account.password_hash:
        return []
    return [html.Span(text(lang, "accounts.company"), className="second")]


def _draw_account_buttons(account: AccountRow, myself: str | None, lang: str) -> list[Component]:
    buttons = []
    if account.password_hash and account.name != myself:
        buttons.append(_draw_button(text(lang, "accounts.change"), "account-change", account.name))
    if account.password_hash and account.disabled_at is None and account.name != myself:
        buttons.append(_draw_button(text(lang, "accounts.new_password"), "account-password", account.name))
    if account.disabled_at:
        buttons.append(_draw_button(text(lang, "accounts.enable"), "account-enable", account.name))
    elif account.name != myself:
        buttons.append(_draw_button(text(lang, "accounts.disable"), "account-disable", account.name))
    return buttons


def _draw_button(words: str, kind: str, which: str | int) -> Component:
    button: Component = dmc.Button(words, id={"type": kind, "which": which}, size="xs", variant="default")
    return button


def _name_site(site: str, workshop: Workshop, lang: str) -> str:
    known = workshop.site(site)
    return known.name(lang) if known else site


def _say_ago(at: datetime | None, now: datetime, lang: str) -> str:
    return (
        text(lang, "access_time.ago", time=say_length(now - at, lang))
        if at
        else text(lang, "access_time.never")
    )
