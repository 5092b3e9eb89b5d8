"""Bays and technicians: what each did, and who is significantly slower than the rest. Pure."""

from collections.abc import Mapping, Sequence

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.words import (
    UNKNOWN,
    Link,
    name_figure,
    name_site,
    say_count,
    say_decimal,
    say_share,
)
from dashboard.figures.kit.chart import AMBER, CALM, draw_chart, draw_nothing, draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.table import Row, draw_table, draw_tools
from models.analytics.people import BayFigures, TechnicianFigures
from models.analytics.significance import LEAST_RATIO, Comparison, Factor

Technicians = Sequence[tuple[str, TechnicianFigures]]
Bays = Sequence[tuple[str, BayFigures]]
Compared = Mapping[Factor, Sequence[Comparison]]
_LEAST_P = 0.0001


def draw_people(
    technicians: Technicians,
    bays: Bays,
    compared: Compared,
    note: str,
    workshop: Workshop,
    lang: str,
    link: Link,
) -> list[Component]:
    """Draw everything of the view; `note` says of which site and days the comparison is."""
    return [
        html.Div(
            [
                draw_panel(
                    text(lang, "analytics.bays_title"),
                    text(lang, "analytics.bays_note"),
                    draw_bays(bays, workshop, lang, link),
                ),
                draw_panel(
                    text(lang, "analytics.slower_title"),
                    f"{_note_slower(lang)} {note}",
                    draw_slower(compared, lang),
                    draw_compared(compared, lang, link),
                    tools=draw_tools("compared", lang),
                ),
                draw_panel(
                    text(lang, "analytics.technicians_title"),
                    text(lang, "analytics.technicians_note"),
                    draw_technicians(technicians, workshop, lang),
                    tools=draw_tools("technicians", lang),
                    wide=True,
                ),
            ],
            className="columns",
        )
    ]


def _note_slower(lang: str) -> str:
    least = {str(factor): say_decimal(ratio, lang) for factor, ratio in LEAST_RATIO.items()}
    return text(lang, "analytics.slower_note", **least)


def draw_bays(bays: Bays, workshop: Workshop, lang: str, link: Link) -> Component:
    """Draw how much of the opening hours each bay was worked in, and occupied with nobody working."""
    if not bays:
        return draw_nothing(lang)
    many = len({site for site, _ in bays}) > 1
    shown = bays[::-1]
    names = [f"{name_site(site, workshop, lang)} {each.bay}" if many else each.bay for site, each in shown]
    figure = go.Figure()
    for values, name, colour in (
        ([_share(each.worked_seconds, each) for _, each in shown], text(lang, "analytics.worked"), CALM),
        ([each.idle_share or 0.0 for _, each in shown], text(lang, "analytics.idle"), AMBER),
    ):
        figure.add_bar(
            y=names,
            x=values,
            orientation="h",
            name=name,
            marker={"color": colour},
            customdata=[link(bay=each.bay, site=site) for site, each in shown],
            hovertemplate="%{y}: %{x:.0%}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_xaxes(tickformat=".0%", range=[0, 1.02])
    height = max(220, 90 + 26 * len(shown))
    return draw_chart("bays", figure, lang, height=height, label=text(lang, "analytics.bays_title"))


def _share(seconds: float, bay: BayFigures) -> float:
    return seconds / bay.open_seconds if bay.open_seconds else 0.0


def draw_technicians(technicians: Technicians, workshop: Workshop, lang: str) -> dag.AgGrid:
    """Draw the table of technicians."""
    many = len({site for site, _ in technicians}) > 1
    columns = [
        column("technician", text(lang, "analytics.technician"), flex=2),
        *(
            column(name, name_figure(name, lang), flex=2)
            for name in ("efficiency", "utilisation", "productivity")
        ),
        column("sold", text(lang, "analytics.sold_hours"), flex=2),
        column("clocked", text(lang, "analytics.clocked_hours"), flex=2),
        column("attended", text(lang, "analytics.attended_hours"), flex=2),
        column("site", text(lang, "analytics.site"), flex=2, hide=not many),
    ]
    rows = [_list_technician(site, each, workshop, lang) for site, each in technicians]
    return draw_table("technicians", columns, rows, lang)


def _list_technician(site: str, each: TechnicianFigures, workshop: Workshop, lang: str) -> Row:
    shares = {
        "efficiency": each.efficiency,
        "utilisation": each.utilisation,
        "productivity": each.productivity,
    }
    hours = {
        "sold": each.sold_seconds / 3600,
        "clocked": each.clocked_seconds / 3600,
        "attended": each.attended_seconds / 3600,
    }
    return {
        "id": f"{site}/{each.technician}",
        "technician": each.technician,
        "technician_words": each.technician,
        "site_words": name_site(site, workshop, lang),
        "card": " · ".join(say_share(share, lang) for share in shares.values() if share is not None),
        **shares,
        **{
            f"{name}_words": UNKNOWN if share is None else say_share(share, lang)
            for name, share in shares.items()
        },
        **hours,
        **{f"{name}_words": say_count(value, lang) for name, value in hours.items()},
    }


def draw_slower(compared: Compared, lang: str) -> Component:
    """Say in words who and what is marked, or that nobody is."""
    marked = [each for comparisons in compared.values() for each in comparisons if each.marked]
    if not marked:
        return html.P("✓ " + text(lang, "analytics.slower_none"), className="said better")
    said = [
        text(
            lang,
            "analytics.slower_found",
            name=each.key,
            ratio=say_decimal(each.ratio, lang),
            jobs=say_count(each.jobs, lang),
            p=_say_p(each.p_value),
        )
        for each in marked
    ]
    return html.Ul([html.Li(words, className="marked") for words in said], className="findings")


def draw_compared(compared: Compared, lang: str, link: Link) -> dag.AgGrid:
    """Draw the table of everyone that was compared, the slowest first."""
    columns = [
        column("kind", text(lang, "analytics.resource"), flex=1),
        column("key", text(lang, "analytics.name"), renderer="OrderLink", flex=1),
        column("ratio", text(lang, "analytics.ratio"), flex=1, sort="desc"),
        column("p", text(lang, "analytics.p_value"), flex=1),
        column("jobs", text(lang, "analytics.jobs"), flex=1),
    ]
    rows = [
        {
            "id": f"{factor} {each.key}",
            "kind": str(factor),
            "kind_words": text(lang, f"analytics_kind.{factor}"),
            "key": each.key,
            "work_order": each.key,
            "href": link(bay=each.key) if factor is Factor.BAY else link(tech=each.key),
            "ratio": each.ratio,
            "ratio_words": say_decimal(each.ratio, lang),
            "ratio_level": "warn" if each.marked else "none",
            "p": each.p_value,
            "p_words": _say_p(each.p_value),
            "jobs": each.jobs,
            "jobs_words": say_count(each.jobs, lang),
            "card": f"× {say_decimal(each.ratio, lang)}",
        }
        for factor, comparisons in compared.items()
        for each in comparisons
    ]
    return draw_table("compared", columns, rows, lang)


def _say_p(p_value: float) -> str:
    return f"< {_LEAST_P}" if p_value < _LEAST_P else f"{p_value:.4f}"
