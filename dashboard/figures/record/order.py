"""A work order's own page: who and what it is, what was promised, and where its time went. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.overview import draw_formula
from dashboard.figures.analytics.words import (
    UNKNOWN,
    join_known,
    name_cause,
    name_job,
    name_site,
    name_stage,
    say_instant,
    say_seconds,
    say_share,
)
from dashboard.figures.kit.addresses import vehicle_address
from dashboard.figures.kit.part import speak
from dashboard.figures.kit.when import say_range
from models.analytics.estimate.ready import ReadyEstimate
from models.analytics.kpis import OrderFigures
from models.analytics.record.order import OrderHead, OrderRecord


def draw_head(
    record: OrderRecord,
    expected: ReadyEstimate | None,
    workshop: Workshop,
    zone: ZoneInfo,
    now: datetime,
    lang: str,
) -> Component:
    """Draw which order it is, of which car, where it stands, and what was promised."""
    head = record.head
    marks = [
        text(lang, "order.unregistered") if not head.registered else None,
        text(lang, "order.customer_waits") if head.customer_waiting else None,
    ]
    facts: Sequence[tuple[str, Component | str]] = (
        (text(lang, "order.order"), head.work_order),
        (text(lang, "order.vehicle"), _name_vehicle(head, lang)),
        (text(lang, "analytics.job_type"), name_job(head.job_type, lang)),
        (text(lang, "order.advisor"), head.advisor or UNKNOWN),
        (text(lang, "order.customer"), join_known(head.customer_name, head.customer_phone)),
        (text(lang, "analytics.site"), name_site(head.site, workshop, lang)),
        (text(lang, "analytics.opened"), say_instant(head.opened_at, zone, lang)),
        (text(lang, "analytics.promised"), _say_promise(head, zone, lang)),
        (text(lang, "order.expected"), _say_expected(head, expected, zone, now, lang)),
        (text(lang, "analytics.closed"), say_instant(head.closed_at, zone, lang)),
    )
    return html.Header(
        [
            html.Div(
                [
                    html.H1(head.plate or head.work_order),
                    html.Span(_say_state(head, workshop, lang), className=f"state {_judge_state(head)}"),
                    *(html.Span(mark, className="mark") for mark in marks if mark),
                ],
                className="title",
            ),
            html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts], className="facts"),
        ]
    )


def _say_state(head: OrderHead, workshop: Workshop, lang: str) -> str:
    if head.cancelled:
        return text(lang, "order.cancelled")
    stage = name_stage(head.stage, workshop, lang) if head.stage else text(lang, "order.no_scan")
    return f"{stage} · {head.bay}" if head.bay and not head.closed_at else stage


def _judge_state(head: OrderHead) -> str:
    if head.cancelled:
        return "cancelled"
    return "closed" if head.closed_at else "open"


def _name_vehicle(head: OrderHead, lang: str) -> Component | str:
    name = join_known(head.make, head.model, head.year)
    if head.vin is None:
        return name
    shown = name if name != UNKNOWN else head.vin
    link: Component = dcc.Link(shown, href=vehicle_address(head.vin), title=text(lang, "order.to_vehicle"))
    return link


def _say_promise(head: OrderHead, zone: ZoneInfo, lang: str) -> str:
    first, now = (say_instant(at, zone, lang) for at in (head.first_promised_at, head.promised_at))
    return (
        now if head.first_promised_at == head.promised_at else text(lang, "order.moved", first=first, now=now)
    )


def _say_expected(
    head: OrderHead, expected: ReadyEstimate | None, zone: ZoneInfo, now: datetime, lang: str
) -> str:
    if expected is None or head.closed_at:
        return UNKNOWN
    return say_range(expected.p50_at, expected.p80_at, zone, now, lang)


def draw_figures(
    record: OrderRecord, figures: OrderFigures | None, workshop: Workshop, lang: str
) -> Component:
    """Draw the order's figures, each with its formula, and what it waited for."""
    if figures is None:
        return html.P(text(lang, "order.never_began"), className="nothing")
    efficiency = figures.flow_efficiency
    shown = {
        "cycle": say_seconds(figures.cycle_seconds, lang),
        "open_cycle": say_seconds(figures.open_cycle_seconds, lang),
        "touch": say_seconds(figures.touch_seconds, lang),
        "wait": say_seconds(sum(figures.wait_seconds.values()), lang),
        "flow_efficiency": UNKNOWN if efficiency is None else say_share(efficiency, lang),
        "on_time": _say_on_time(figures.on_time, lang),
    }
    tiles = [_draw_tile(name, value, lang) for name, value in shown.items()]
    note = [] if record.head.closed_at else [html.P(text(lang, "order.so_far"), className="note")]
    return html.Div([html.Div(tiles, className="tiles"), *note, _draw_waits(figures, workshop, lang)])


def _draw_tile(name: str, value: str, lang: str) -> Component:
    label, formula = text(lang, f"analytics_figure.{name}"), text(lang, f"order_formula.{name}")
    return html.Div(
        [
            html.Div([html.Span(label, className="label"), draw_formula(label, formula, lang)]),
            html.Span(value, className="value"),
        ],
        className="tile",
    )


def _say_on_time(on_time: bool | None, lang: str) -> str:
    if on_time is None:
        return UNKNOWN
    return f"✓ {text(lang, 'analytics.yes')}" if on_time else f"▲ {text(lang, 'analytics.no')}"


def _draw_waits(figures: OrderFigures, workshop: Workshop, lang: str) -> Component:
    """Draw one bar of the whole stay: the work, then each wait by its cause, the longest first."""
    parts = [("touch", text(lang, "analytics_figure.touch"), figures.touch_seconds)]
    waits = sorted(figures.wait_seconds.items(), key=lambda item: -item[1])
    parts += [("wait", name_cause(cause, workshop, lang), seconds) for cause, seconds in waits]
    whole = sum(seconds for _, _, seconds in parts) or 1.0
    return html.Ul(
        [
            html.Li(
                [
                    html.B(name),
                    html.Span(f"{say_seconds(seconds, lang)} · {say_share(seconds / whole, lang)}"),
                ],
                className=kind,
                style={"flexGrow": max(round(seconds / whole * 1000), 1)},
            )
            for kind, name, seconds in parts
            if seconds > 0
        ],
        className="stay",
        **speak(text(lang, "analytics.waits_title")),
    )
