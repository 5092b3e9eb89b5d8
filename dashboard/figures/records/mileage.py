"""A vehicle's mileage: what is believed, what was refused and why, and what people corrected. Pure."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from dashboard.figures.analytics.look import ALARM, AMBER, CALM, draw_chart, draw_panel
from dashboard.figures.analytics.words import say_instant
from dashboard.figures.number import say_number
from dashboard.figures.records.time_axis import frame_days, local_time
from models.analytics.vehicle_record import MileageCorrection, RefusedReading, VehicleRecord

# Refused readings that are listed beside the chart.
_LISTED = 8


def draw_mileage(record: VehicleRecord, zone: ZoneInfo, lang: str) -> Component:
    """Draw what the vehicle has driven; refused readings stand where they would have been."""
    title = text(lang, "vehicle.mileage")
    if not (record.mileage or record.refused or record.corrections):
        return draw_panel(title, "", html.P(text(lang, "vehicle.no_mileage"), className="nothing"))
    figure = go.Figure()
    figure.add_scatter(
        x=[each.day for each in record.mileage],
        y=[each.km for each in record.mileage],
        mode="lines+markers",
        name=text(lang, "vehicle.believed"),
        line={"color": CALM, "width": 2},
        marker={"size": 4, "color": CALM},
        hovertemplate="%{x|%Y-%m-%d}: %{y:,.0f} km<extra></extra>",
    )
    if record.refused:
        figure.add_scatter(
            x=[local_time(each.at, zone) for each in record.refused],
            y=[each.km for each in record.refused],
            mode="markers",
            name=text(lang, "vehicle.refused"),
            marker={"symbol": "x", "size": 9, "color": ALARM},
            hovertext=[_say_reason(each, lang) for each in record.refused],
            hovertemplate="%{x|%Y-%m-%d}: %{y:,.0f} km<br>%{hovertext}<extra></extra>",
        )
    if record.corrections:
        figure.add_scatter(
            x=[local_time(each.at, zone) for each in record.corrections],
            y=[each.km for each in record.corrections],
            mode="markers",
            name=text(lang, "vehicle.corrected"),
            marker={"symbol": "diamond", "size": 12, "color": AMBER},
            hovertext=[_say_correction(each, lang) for each in record.corrections],
            hovertemplate="%{x|%Y-%m-%d}: %{hovertext}<extra></extra>",
        )
    figure.update_yaxes(title="km", tickformat=",.0f")
    doubted = [*(each.at for each in record.refused), *(each.at for each in record.corrections)]
    days = [*(each.day for each in record.mileage), *(local_time(at, zone).date() for at in doubted)]
    figure.update_xaxes(type="date", autorangeoptions=frame_days(days))
    head = record.head
    counted = text(
        lang,
        "vehicle.counted",
        trusted=say_number(head.trusted_readings, lang),
        refused=say_number(head.refused_readings, lang),
    )
    chart = draw_chart("mileage", figure, lang, height=300, label=title)
    return draw_panel(title, counted, chart, _list_doubts(record.refused, record.corrections, zone, lang))


def _list_doubts(
    refused: Sequence[RefusedReading],
    corrections: Sequence[MileageCorrection],
    zone: ZoneInfo,
    lang: str,
) -> Component:
    said = [
        html.Li(f"{say_instant(each.at, zone, lang)}: {_say_correction(each, lang)}", className="agrees")
        for each in corrections
    ]
    for reading in refused[:_LISTED]:
        shown = f"{say_number(round(reading.km), lang)} km · {_say_reason(reading, lang)}"
        said.append(html.Li(f"{say_instant(reading.at, zone, lang)}: {shown}", className="differs"))
    return html.Ul(said, className="findings")


def _say_reason(reading: RefusedReading, lang: str) -> str:
    """Say why a reading is not believed: its word in the reader's language, then the figures of it."""
    word, _, detail = (reading.reason or "").partition(":")
    known = word.strip()
    if known.startswith("kilometres_called"):
        known = "kilometres_called"
    words = text(lang, f"vehicle_doubt.{known}") if known in _DOUBTS else reading.reason or ""
    return f"{words} ({detail.strip()})" if detail and known in _DOUBTS else words


def _say_correction(correction: MileageCorrection, lang: str) -> str:
    km = say_number(round(correction.km), lang)
    if not correction.is_swap:
        return text(lang, "vehicle.correction", km=km)
    return text(lang, "vehicle.swap", km=km, shown=say_number(round(correction.shown_km), lang))


_DOUBTS = {
    "contradicted",
    "devices_disagree",
    "digit_too_few",
    "digit_too_many",
    "future_clock",
    "impossible_jump",
    "kilometres_called",
    "metres_undeclared",
    "miles_undeclared",
    "new_cluster",
    "no_value",
    "out_of_range",
    "runs_backwards",
}
