"""What holds a site back: both methods side by side, day by day, and in words. Pure."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.words import (
    UNKNOWN,
    Link,
    name_stage,
    say_count,
    say_date,
    say_instant,
    say_seconds,
    say_share,
)
from dashboard.figures.kit.chart import AMBER, CALM, CALM_SOFT, draw_chart, draw_nothing, draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.table import Row, draw_table, draw_tools
from models.analytics.bottleneck.days import Bottlenecks, DayBottleneck
from models.analytics.bottleneck.periods import BottleneckNow, Kind, Queue, Share

_MOST_BARS = 6


def draw_bottlenecks(
    found: Bottlenecks, zone: ZoneInfo, note: str, workshop: Workshop, lang: str, link: Link
) -> list[Component]:
    """Draw everything of the view; `note` says of which site and days it is."""
    return [
        html.P(note, className="chosen"),
        draw_panel(text(lang, "analytics.evidence_title"), "", draw_evidence(found, zone, workshop, lang)),
        html.Div(
            [
                draw_panel(
                    text(lang, "analytics.active_title"),
                    text(lang, "analytics.active_note"),
                    draw_active(found, workshop, lang, link),
                ),
                draw_panel(
                    text(lang, "analytics.waiting_title"),
                    text(lang, "analytics.waiting_note"),
                    draw_queues(found.queues, workshop, lang, link),
                ),
                draw_panel(
                    text(lang, "analytics.over_time_title"),
                    text(lang, "analytics.over_time_note"),
                    draw_days(found.days, workshop, lang),
                    tools=draw_tools("days", lang),
                    wide=True,
                ),
            ],
            className="columns below",
        ),
    ]


def name_resource(kind: Kind, key: str, workshop: Workshop, lang: str) -> str:
    """Return the name of a stage, bay or technician."""
    return name_stage(key, workshop, lang) if kind is Kind.STAGE else key


def draw_evidence(found: Bottlenecks, zone: ZoneInfo, workshop: Workshop, lang: str) -> Component:
    """Say in words what both methods found, and whether they agree."""
    said: list[tuple[str, str]] = [(words, "") for words in _say_end(found.at_end, zone, workshop, lang)]
    for kind, shares in found.shares.items():
        if shares:
            name = name_resource(kind, shares[0].key, workshop, lang)
            share = say_share(shares[0].sole + shares[0].shifting, lang)
            said.append((text(lang, "analytics.evidence_active", name=name, share=share), ""))
    if found.queues:
        queue = found.queues[0]
        stage = name_stage(queue.stage, workshop, lang)
        hours = say_count(queue.waiting_seconds / 3600, lang)
        said.append((text(lang, "analytics.evidence_waiting", stage=stage, hours=hours, cars=queue.cars), ""))
        if found.agrees is not None:
            said.append(_say_agreement(found, stage, workshop, lang))
    if not said:
        said = [(text(lang, "analytics.no_bottleneck"), "agrees")]
    return html.Ul([html.Li(words, className=kind) for words, kind in said], className="findings")


def _say_end(at_end: BottleneckNow, zone: ZoneInfo, workshop: Workshop, lang: str) -> list[str]:
    """Say what both methods find at the last moment of the period."""
    if not at_end.active or not at_end.queues:
        return []
    longest, queue = max(at_end.active, key=lambda active: active.active_seconds), at_end.queues[0]
    return [
        text(
            lang,
            "analytics.evidence_end",
            name=name_resource(longest.kind, longest.key, workshop, lang),
            since=say_instant(longest.since, zone, lang),
            cars=queue.cars,
            stage=name_stage(queue.stage, workshop, lang),
            waited=say_seconds(queue.waiting_seconds / max(1, queue.cars), lang),
        )
    ]


def _say_agreement(found: Bottlenecks, stage: str, workshop: Workshop, lang: str) -> tuple[str, str]:
    if found.agrees:
        return text(lang, "analytics.agree", stage=stage), "agrees"
    active = name_stage(found.shares[Kind.STAGE][0].key, workshop, lang)
    return text(lang, "analytics.disagree", active=active, waiting=stage), "differs"


def draw_active(found: Bottlenecks, workshop: Workshop, lang: str, link: Link) -> Component:
    """Draw the share of time in which each was the bottleneck, the greatest of each kind."""
    names: list[str] = []
    kinds: list[str] = []
    shares: list[Share] = []
    addresses: list[str] = []
    for kind in reversed(Kind):
        for share in reversed(found.shares[kind][:_MOST_BARS]):
            kinds.append(text(lang, f"analytics_kind.{kind}"))
            names.append(name_resource(kind, share.key, workshop, lang))
            shares.append(share)
            addresses.append(_find_behind(kind, share.key, link))
    if not shares:
        return draw_nothing(lang)
    figure = go.Figure()
    for values, name, colour in (
        ([share.sole for share in shares], text(lang, "analytics.sole"), CALM),
        ([share.shifting for share in shares], text(lang, "analytics.shifting"), CALM_SOFT),
    ):
        figure.add_bar(
            y=[kinds, names],
            x=values,
            orientation="h",
            name=name,
            marker={"color": colour},
            customdata=addresses,
            hovertemplate="%{y}: %{x:.0%}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.35)
    figure.update_xaxes(tickformat=".0%", rangemode="tozero", title=text(lang, "analytics.share_of_time"))
    height = max(220, 90 + 26 * len(shares))
    return draw_chart("active", figure, lang, height=height, label=text(lang, "analytics.active_title"))


def _find_behind(kind: Kind, key: str, link: Link) -> str:
    if kind is Kind.STAGE:
        return link(stage=key)
    return link(bay=key) if kind is Kind.BAY else link(tech=key)


def draw_queues(queues: Sequence[Queue], workshop: Workshop, lang: str, link: Link) -> Component:
    """Draw the car-hours waited in front of each stage."""
    if not queues:
        return draw_nothing(lang)
    shown = queues[::-1]
    figure = go.Figure()
    figure.add_bar(
        y=[name_stage(queue.stage, workshop, lang) for queue in shown],
        x=[queue.waiting_seconds / 3600 for queue in shown],
        orientation="h",
        marker={"color": AMBER},
        customdata=[link(stage=queue.stage) for queue in shown],
        hovertemplate="%{y}: %{x:.0f}<extra></extra>",
    )
    figure.update_layout(bargap=0.35)
    figure.update_xaxes(title=text(lang, "analytics.car_hours"), rangemode="tozero")
    height = max(220, 90 + 30 * len(shown))
    return draw_chart("queues", figure, lang, height=height, label=text(lang, "analytics.waiting_title"))


def draw_days(days: Sequence[DayBottleneck], workshop: Workshop, lang: str) -> dag.AgGrid:
    """Draw the table of what held the site back on each day."""
    columns = [
        column("day", text(lang, "analytics.day"), flex=2, minWidth=110),
        *(column(str(kind), text(lang, f"analytics_kind.{kind}"), flex=2) for kind in Kind),
        column("waiting", text(lang, "analytics.most_waiting"), flex=2, minWidth=130),
        column("hours", text(lang, "analytics.car_hours"), flex=1),
    ]
    return draw_table("days", columns, [_list_day(day, workshop, lang) for day in reversed(days)], lang)


def _list_day(day: DayBottleneck, workshop: Workshop, lang: str) -> Row:
    hours = day.queue.waiting_seconds / 3600 if day.queue else 0.0
    waiting = name_stage(day.queue.stage, workshop, lang) if day.queue else UNKNOWN
    row: Row = {
        "id": day.day.isoformat(),
        "day": day.day.isoformat(),
        "day_words": say_date(day.day, lang),
        "waiting_words": waiting,
        "hours": hours,
        "hours_words": say_count(hours, lang),
        "card": f"{waiting}, {say_count(hours, lang)} h",
    }
    for kind in Kind:
        share = day.active.get(kind)
        words = UNKNOWN
        if share:
            name = name_resource(kind, share.key, workshop, lang)
            words = f"{name} · {say_share(share.sole + share.shifting, lang)}"
        row[f"{kind}_words"] = words
    return row
