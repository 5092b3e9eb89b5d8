"""How many of those who were told of a service came within 30 days: a chart, a table, the formula. Pure."""

from collections.abc import Sequence

import plotly.graph_objects as go
from babel.dates import format_date
from dash import html
from dash.development.base_component import Component

from config.texts import text
from dashboard.figures.analytics.words import UNKNOWN, say_share
from dashboard.figures.kit.banner import draw_empty
from dashboard.figures.kit.chart import CALM, CALM_PALE, CALM_SOFT, WARN, draw_chart, draw_panel
from dashboard.figures.kit.when import LOCALES
from models.domain.service.listed import Conversion


def draw_conversion(months: Sequence[Conversion], lang: str) -> Component:
    """Draw what came of telling people, by month; what to do where nobody was told yet."""
    if not months:
        return draw_empty(text(lang, "reminders.nobody_told_title"), text(lang, "reminders.nobody_told"))
    chart = draw_chart(
        "conversion", _draw_chart(months, lang), lang, label=text(lang, "reminders.conversion")
    )
    return draw_panel(
        text(lang, "reminders.conversion"),
        text(lang, "reminders.conversion_formula"),
        chart,
        _draw_table(months, lang),
        wide=True,
    )


def _draw_chart(months: Sequence[Conversion], lang: str) -> go.Figure:
    names = [_say_month(each, lang) for each in months]
    missed = [each.told - each.came - each.may_come for each in months]
    bars = (
        (text(lang, "reminders.came"), [each.came for each in months], CALM),
        (text(lang, "reminders.may_come"), [each.may_come for each in months], CALM_SOFT),
        (text(lang, "reminders.did_not_come"), missed, CALM_PALE),
    )
    figure = go.Figure(
        [go.Bar(name=name, x=names, y=values, marker={"color": color}) for name, values, color in bars]
    )
    # A month of which some may still come has no share yet: who came early would speak for all.
    shares = [None if each.may_come else each.share for each in months]
    figure.add_trace(
        go.Scatter(
            name=text(lang, "reminders.share"),
            x=names,
            y=shares,
            yaxis="y2",
            mode="lines+markers+text",
            text=["" if share is None else say_share(share, lang) for share in shares],
            textposition="top center",
            line={"color": WARN},
        )
    )
    figure.update_layout(
        barmode="stack",
        xaxis={"type": "category"},
        yaxis={"title": text(lang, "reminders.vehicles")},
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "range": [0, 1.1],
            "tickformat": ".0%",
            "showgrid": False,
        },
    )
    return figure


def _draw_table(months: Sequence[Conversion], lang: str) -> Component:
    heads = [
        text(lang, "reminders.month"),
        text(lang, "reminders.told"),
        text(lang, "reminders.called"),
        text(lang, "reminders.came"),
        text(lang, "reminders.may_come"),
        text(lang, "reminders.share"),
    ]
    rows = [
        [
            _say_month(each, lang),
            f"{each.told:,}",
            f"{each.called:,}",
            f"{each.came:,}",
            f"{each.may_come:,}",
            _say_share(each, lang),
        ]
        for each in reversed(months)
    ]
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(head) for head in heads])),
            html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in rows]),
        ],
        className="rows",
    )


def _say_share(month: Conversion, lang: str) -> str:
    if month.may_come:
        return text(lang, "reminders.at_least", share=say_share(month.share_so_far, lang))
    return UNKNOWN if month.share is None else say_share(month.share, lang)


def _say_month(month: Conversion, lang: str) -> str:
    return format_date(month.month, "LLL yyyy" if lang == "en" else "yyyy年M月", locale=LOCALES[lang])
