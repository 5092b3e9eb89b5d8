"""A vehicle's mileage: what is believed, what was refused and why, and what people corrected. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import isfinite, isnan
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from dashboard.figures.analytics.words import say_instant
from dashboard.figures.kit.chart import ALARM, AMBER, CALM, draw_chart, draw_panel
from dashboard.figures.kit.number import say_number, say_whole
from dashboard.figures.kit.time_axis import frame_days, local_time
from models.analytics.record.vehicle import MileageCorrection, RefusedReading, VehicleRecord
from models.domain.odometer.limits import MOST_EVER_KM

# What is left free above and below what is believed.
_MARGIN_KM, _MARGIN_SHARE, _MARGIN_TIME = 500.0, 0.15, timedelta(days=30)
# Refused readings that are listed beside the chart.
_LISTED = 8


def draw_mileage(record: VehicleRecord, zone: ZoneInfo, lang: str) -> Component:
    """Draw what the vehicle has driven; a refused reading that is off the axis is drawn at its edge."""
    title = text(lang, "vehicle.mileage")
    if not (record.mileage or record.refused or record.corrections):
        return draw_panel(title, "", html.P(text(lang, "vehicle.no_mileage"), className="nothing"))
    figure = go.Figure()
    least, most = _frame_km(record)
    since, until = _frame_time(record, zone)
    shown = [each for each in record.mileage if isfinite(each.km)]
    figure.add_scatter(
        x=[each.day for each in shown],
        y=[each.km for each in shown],
        mode="lines+markers",
        name=text(lang, "vehicle.believed"),
        line={"color": CALM, "width": 2},
        marker={"size": 4, "color": CALM},
        hovertemplate="%{x|%Y-%m-%d}: %{y:,.0f} km<extra></extra>",
    )
    _draw_refused(figure, record, (least, most), (since, until), zone, lang)
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
    figure.update_yaxes(title="km", tickformat=",.0f", range=[least, most])
    doubted = (min(max(local_time(each.at, zone), since), until).date() for each in record.refused)
    days = [*_list_days(record, zone), *doubted]
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


def _draw_refused(
    figure: go.Figure,
    record: VehicleRecord,
    kms: tuple[float, float],
    times: tuple[datetime, datetime],
    zone: ZoneInfo,
    lang: str,
) -> None:
    """Draw refused readings within a frame; those beyond it are drawn at its edge and say what they are."""
    (least, most), (since, until) = kms, times
    for name, symbol, readings in (
        (text(lang, "vehicle.refused"), "x", [each for each in record.refused if least <= each.km <= most]),
        (
            text(lang, "vehicle.refused_high"),
            "triangle-up",
            [each for each in record.refused if not each.km <= most],
        ),
        (
            text(lang, "vehicle.refused_low"),
            "triangle-down",
            [each for each in record.refused if each.km < least],
        ),
    ):
        if readings:
            figure.add_scatter(
                x=[min(max(local_time(each.at, zone), since), until) for each in readings],
                y=[most if isnan(each.km) else min(max(each.km, least), most) for each in readings],
                mode="markers",
                name=name,
                marker={"symbol": symbol, "size": 9, "color": ALARM},
                cliponaxis=False,
                customdata=[_say_shown(each, zone, lang) for each in readings],
                hovertext=[_say_reason(each, lang) for each in readings],
                hovertemplate="%{customdata}<br>%{hovertext}<extra></extra>",
            )


def _frame_km(record: VehicleRecord) -> tuple[float, float]:
    """Return the ends of the axis: by what is believed, else by what an odometer may show."""
    said = [*(each.km for each in record.mileage), *(each.km for each in record.corrections)]
    believed = [km for km in said if isfinite(km)]
    possible = [each.km for each in record.refused if 0 <= each.km <= MOST_EVER_KM]
    known = believed or possible or [0.0]
    margin = max(_MARGIN_KM, _MARGIN_SHARE * (max(known) - min(known)))
    return max(0.0, min(known) - margin), max(known) + margin


def _list_days(record: VehicleRecord, zone: ZoneInfo) -> list[date]:
    """List the days of which something is believed."""
    corrected = (local_time(each.at, zone).date() for each in record.corrections)
    return [*(each.day for each in record.mileage), *corrected]


def _frame_time(record: VehicleRecord, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return between which moments refused readings are drawn: near what is believed, else as they are."""
    refused = [local_time(each.at, zone).date() for each in record.refused]
    days = _list_days(record, zone) or refused
    first, last = (datetime.combine(day, time()) for day in (min(days), max(days)))
    return first - _MARGIN_TIME, last + _MARGIN_TIME


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
        shown = f"{say_whole(reading.km, lang)} km · {_say_reason(reading, lang)}"
        said.append(html.Li(f"{say_instant(reading.at, zone, lang)}: {shown}", className="differs"))
    return html.Ul(said, className="findings")


def _say_shown(reading: RefusedReading, zone: ZoneInfo, lang: str) -> str:
    return f"{local_time(reading.at, zone):%Y-%m-%d}: {say_whole(reading.km, lang)} km"


def _say_reason(reading: RefusedReading, lang: str) -> str:
    """Say why a reading is not believed: its word in the reader's language, then the figures of it."""
    word, _, detail = (reading.reason or "").partition(":")
    known = word.strip()
    if known.startswith("kilometres_called"):
        known = "kilometres_called"
    words = text(lang, f"vehicle_doubt.{known}") if known in _DOUBTS else reading.reason or ""
    return f"{words} ({detail.strip()})" if detail and known in _DOUBTS else words


def _say_correction(correction: MileageCorrection, lang: str) -> str:
    km = say_whole(correction.km, lang)
    if not correction.is_swap:
        return text(lang, "vehicle.correction", km=km)
    return text(lang, "vehicle.swap", km=km, shown=say_whole(correction.shown_km, lang))


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
