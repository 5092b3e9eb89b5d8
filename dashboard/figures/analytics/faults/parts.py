"""Parts of a period: which are used, when and on what, how long they take, and who waits for them. Pure."""

from collections.abc import Sequence
from datetime import datetime

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.words import (
    UNKNOWN,
    Link,
    name_job,
    name_part,
    say_count,
    say_instant,
    say_seconds,
    zone_of,
)
from dashboard.figures.kit.chart import CALM, CALM_PALE, FLOW, draw_chart, draw_nothing, draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.table import Row, draw_table, draw_tools
from models.analytics.faults import FaultsRead, MissingPart, PartUse

# Parts that a chart tells apart; the rest is in the table.
_DRAWN_PARTS, _DRAWN_LEADS = 8, 12


def draw_use(read: FaultsRead, lang: str, link: Link) -> list[Component]:
    """Draw the parts that were used: a table with lead times, and by month and job type."""
    totals = [each for each in read.parts if each.month is None and each.job_type is None]
    totals.sort(key=lambda each: (-each.quantity, each.part))
    title = text(lang, "faults.parts_title")
    if not totals:
        return [draw_panel(title, "", draw_nothing(lang), wide=True)]
    note, table = text(lang, "faults.parts_note", days=read.days), _draw_table(totals, read, lang, link)
    return [
        draw_panel(title, note, table, tools=draw_tools("used", lang), wide=True),
        draw_panel(text(lang, "faults.month_title"), "", _draw_months(totals, read.parts, lang, link)),
        draw_panel(text(lang, "faults.job_title"), "", _draw_jobs(totals, read.parts, lang, link)),
    ]


def _draw_table(totals: Sequence[PartUse], read: FaultsRead, lang: str, link: Link) -> dag.AgGrid:
    leads = {each.part: each for each in read.leads}
    missing = {each.part: each.orders for each in read.missing}
    columns = [
        column("work_order", text(lang, "order.part"), renderer="OrderLink", flex=2, minWidth=220),
        column("part", text(lang, "faults.number"), flex=1),
        column("quantity", text(lang, "faults.pieces"), flex=1),
        column("orders", text(lang, "faults.orders"), flex=1),
        column("lead", text(lang, "faults.lead"), flex=1),
        column("lead_most", text(lang, "faults.lead_most"), flex=1),
        column("waiting", text(lang, "faults.waiting"), flex=1),
    ]
    rows: list[Row] = []
    for each in totals:
        lead, waiting = leads.get(each.part), missing.get(each.part, 0)
        name = name_part(each.part, each.description)
        rows.append(
            {
                "id": each.part,
                "work_order": name,
                "href": link("faults", part=each.part),
                "part": each.part,
                "part_words": each.part,
                "quantity": each.quantity,
                "quantity_words": say_count(each.quantity, lang),
                "orders": each.orders,
                "orders_words": say_count(each.orders, lang),
                "lead": lead and lead.median_seconds / 3600,
                "lead_words": say_seconds(lead.median_seconds, lang) if lead else UNKNOWN,
                "lead_most": lead and lead.most_seconds / 3600,
                "lead_most_words": say_seconds(lead.most_seconds, lang) if lead else UNKNOWN,
                "waiting": waiting,
                "waiting_words": say_count(waiting, lang) if waiting else UNKNOWN,
                "waiting_level": "warn" if waiting else "none",
                "card": f"{name}: {say_count(each.quantity, lang)}",
            }
        )
    return draw_table("used", columns, rows, lang)


def _draw_months(totals: Sequence[PartUse], uses: Sequence[PartUse], lang: str, link: Link) -> Component:
    figure = go.Figure()
    for place, total in enumerate(totals[:_DRAWN_PARTS]):
        by_month = {each.month: each.quantity for each in uses if each.part == total.part and each.month}
        months = sorted(month for month in by_month if month)
        figure.add_bar(
            x=months,
            y=[by_month[month] for month in months],
            name=name_part(total.part, total.description),
            marker={"color": FLOW[place % len(FLOW)]},
            customdata=[link("faults", part=total.part)] * len(months),
            hovertemplate="%{x|%Y-%m}: %{y}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_xaxes(type="date", tickformat="%Y-%m", dtick="M1")
    figure.update_yaxes(title=text(lang, "faults.pieces"))
    return draw_chart("months", figure, lang, height=380, label=text(lang, "faults.month_title"))


def _draw_jobs(totals: Sequence[PartUse], uses: Sequence[PartUse], lang: str, link: Link) -> Component:
    jobs = sorted({each.job_type for each in uses if each.job_type is not None})
    shown = totals[::-1]
    figure = go.Figure()
    for place, job in enumerate(jobs):
        used = {each.part: each.quantity for each in uses if each.job_type == job}
        figure.add_bar(
            y=[name_part(each.part, each.description) for each in shown],
            x=[used.get(each.part, 0) for each in shown],
            orientation="h",
            name=name_job(job or None, lang),
            marker={"color": FLOW[(place * 2) % len(FLOW)]},
            customdata=[
                link("faults", part=each.part, job=job) if job else link("faults", part=each.part)
                for each in shown
            ],
            hovertemplate="%{y}: %{x}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_xaxes(title=text(lang, "faults.pieces"))
    return draw_chart("part-jobs", figure, lang, height=380, label=text(lang, "faults.job_title"))


def draw_leads(read: FaultsRead, lang: str, link: Link) -> Component:
    """Draw how long the parts took that had to be ordered, those that were ordered most often."""
    title, note = text(lang, "faults.leads_title"), text(lang, "faults.leads_note", days=read.answer_days)
    leads = sorted(read.leads, key=lambda each: (-each.times, each.part))[:_DRAWN_LEADS]
    if not leads:
        return draw_panel(title, note, draw_nothing(lang))
    shown = sorted(leads, key=lambda each: each.median_seconds)
    figure = go.Figure()
    for words, seconds, colour in (
        (text(lang, "faults.lead"), [each.median_seconds for each in shown], CALM),
        (text(lang, "faults.lead_most"), [each.most_seconds for each in shown], CALM_PALE),
    ):
        figure.add_bar(
            y=[name_part(each.part, each.description) for each in shown],
            x=[each / 3600 for each in seconds],
            orientation="h",
            name=words,
            marker={"color": colour},
            customdata=[link("faults", part=each.part) for each in shown],
            hovertext=[say_seconds(each, lang) for each in seconds],
            hovertemplate="%{y}: %{hovertext}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="group", bargap=0.3)
    figure.update_xaxes(title=text(lang, "analytics.hours"), rangemode="tozero")
    return draw_panel(title, note, draw_chart("leads", figure, lang, height=380, label=title))


def draw_missing(
    missing: Sequence[MissingPart], site: str, workshop: Workshop, now: datetime, lang: str
) -> Component:
    """Draw what open orders wait for now; times are those of a site."""
    title, note = text(lang, "faults.missing_title"), text(lang, "faults.missing_note")
    if not missing:
        return draw_panel(title, note, html.P(text(lang, "faults.none_missing"), className="nothing"))
    zone = zone_of(site, workshop)
    columns = [
        column("part", text(lang, "order.part"), flex=3, minWidth=180),
        column("orders", text(lang, "faults.waiting"), flex=1),
        column("since", text(lang, "faults.since"), flex=2, minWidth=120),
        column("eta", text(lang, "order.eta"), flex=2, minWidth=120),
        column("late", text(lang, "faults.late"), flex=1),
    ]
    rows: list[Row] = [
        {
            "id": each.part,
            "part": name_part(each.part, each.description),
            "part_words": name_part(each.part, each.description),
            "orders": each.orders,
            "orders_words": say_count(each.orders, lang),
            "since": each.since.isoformat() if each.since else None,
            "since_words": say_instant(each.since, zone, lang),
            "eta": each.eta.isoformat() if each.eta else None,
            "eta_words": say_instant(each.eta, zone, lang),
            "eta_level": "warn" if each.eta and each.eta < now else "none",
            "late": each.late,
            "late_words": say_count(each.late, lang) if each.late else UNKNOWN,
            "late_level": "warn" if each.late else "none",
            "card": name_part(each.part, each.description),
        }
        for each in missing
    ]
    return draw_panel(
        title, note, draw_table("missing", columns, rows, lang), tools=draw_tools("missing", lang)
    )
