"""The audit trail as a table, its filters, and the same for a file. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.kit.part import speak
from models.domain.access.audit import COMMAND, Action, AuditEntry


def draw_page(spans: Sequence[str], lang: str) -> Component:
    """Return the page without its data; `spans` are the times one may look back."""
    return html.Div(
        [
            html.H1(text(lang, "audit.title")),
            html.P(text(lang, "audit.lead"), className="lead"),
            html.Div(id="audit-notice"),
            _draw_filters(spans, lang),
            html.Div(
                [
                    html.Span(id="audit-found", className="count"),
                    dmc.Button(
                        text(lang, "audit.newer"),
                        id="audit-newer",
                        size="xs",
                        variant="default",
                        disabled=True,
                    ),
                    dmc.Button(
                        text(lang, "audit.older"),
                        id="audit-older",
                        size="xs",
                        variant="default",
                        disabled=True,
                    ),
                    dmc.Button(text(lang, "audit.csv"), id="audit-csv", size="xs", variant="default"),
                    dmc.Button(text(lang, "audit.excel"), id="audit-excel", size="xs", variant="default"),
                ],
                className="actions",
            ),
            html.Div(id="audit-entries", className="audit"),
            dcc.Store(id="audit-offset"),
            dcc.Download(id="audit-file"),
        ],
        id="audit",
        className="loading",
    )


def _draw_filters(spans: Sequence[str], lang: str) -> Component:
    return html.Div(
        [
            dmc.Select(
                id="audit-who",
                data=[],
                placeholder=text(lang, "audit.any_who"),
                clearable=True,
                searchable=True,
                **speak(text(lang, "audit.who")),
            ),
            dmc.MultiSelect(
                id="audit-what",
                data=[{"value": each, "label": text(lang, f"audit_what.{each}")} for each in Action],
                placeholder=text(lang, "audit.any_what"),
                clearable=True,
                searchable=True,
                className="wide",
                **speak(text(lang, "audit.what")),
            ),
            dmc.TextInput(
                id="audit-about",
                placeholder=text(lang, "audit.any_about"),
                debounce=True,
                **speak(text(lang, "audit.about")),
            ),
            dmc.Select(
                id="audit-since",
                placeholder=text(lang, "audit.any_time"),
                data=[{"value": span, "label": text(lang, f"since.{span}")} for span in spans],
                clearable=True,
                **speak(text(lang, "audit.at")),
            ),
        ],
        className="filters",
    )


def say_found(found: int, start: int, shown: int, lang: str) -> str:
    """Say how many entries there are, and which of them are shown."""
    return text(lang, "audit.found", found=f"{found:,}", first=f"{start + 1:,}", last=f"{start + shown:,}")


def draw_entries(
    entries: Sequence[AuditEntry], workshop: Workshop, sites: Sequence[str] | None, lang: str
) -> Component:
    """Return entries as a table, times by the clock of the reader's first workshop."""
    site = next((each for each in workshop.sites if sites is None or each.key in sites), workshop.sites[0])
    headings = ("audit.at", "audit.who", "audit.what", "audit.subject", "audit.address", "audit.change")
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(text(lang, heading)) for heading in headings])),
            html.Tbody(
                [
                    html.Tr(
                        [
                            html.Td(html.Span(_say_time(entry.at.astimezone(site.zone)), className="time")),
                            html.Td(html.B(_say_who(entry, lang))),
                            html.Td(name_stored(lang, "audit_what", entry.what)),
                            html.Td(entry.about or ""),
                            html.Td(_say_address(entry, lang)),
                            html.Td(_say_change(entry, lang)),
                        ]
                    )
                    for entry in entries
                ]
            ),
        ],
        className="rows",
    )


def list_rows(entries: Sequence[AuditEntry], lang: str) -> list[list[str | float]]:
    """Return headings and entries for a file, times in full."""
    headings: list[str | float] = [
        text(lang, heading)
        for heading in (
            *("audit.at", "audit.who", "audit.what", "audit.subject", "audit.address"),
            *("audit.before", "audit.after", "audit.site"),
        )
    ]
    rows: list[list[str | float]] = [
        [
            entry.at.isoformat(),
            _say_who(entry, lang),
            name_stored(lang, "audit_what", entry.what),
            entry.about or "",
            _say_address(entry, lang),
            _say_values(entry.before),
            _say_values(entry.after),
            ", ".join(entry.sites or ()),
        ]
        for entry in entries
    ]
    return [headings, *rows]


def _say_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _say_who(entry: AuditEntry, lang: str) -> str:
    return entry.who or text(lang, "audit.nobody")


def _say_address(entry: AuditEntry, lang: str) -> str:
    return text(lang, "audit.command") if entry.from_address == COMMAND else entry.from_address or ""


def _say_change(entry: AuditEntry, lang: str) -> str:
    before, after = _say_values(entry.before), _say_values(entry.after)
    if not before:
        return after
    words = text(lang, "audit.before"), text(lang, "audit.after")
    return f"{words[0]}: {before} → {words[1]}: {after}"


def _say_values(values: object) -> str:
    """Say what was stored; what other programs stored in another shape is shown as it is."""
    if not isinstance(values, Mapping):
        return "" if values is None else _say_value(values)
    return ", ".join(f"{name} {_say_value(value)}" for name, value in values.items() if value != "")


def _say_value(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "–" if value is None else str(value)
