"""The events of a work order as tables: its scans as they were sent, labour, parts, trouble codes.

Owns what is noted of a scan: that it said nothing new, came late or before the order was announced, or was
repaired by a rule. Pure.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from config.codes import explain_code
from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import UNKNOWN, name_stage, say_count, say_instant, say_seconds
from dashboard.figures.kit.chart import draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.list import draw_list
from dashboard.figures.kit.table import Row, draw_tools
from models.analytics.record.order import OrderRecord, PartStory, ScanRow, find_repeated

# A scan that came later than this after it was made is said to be late.
_LATE_SECONDS = 120
_REASONS = {"parts", "approval", "bay", "technician", "sublet"}


def draw_scans(record: OrderRecord, workshop: Workshop, zone: ZoneInfo, lang: str) -> Component:
    """Draw the scans themselves, with what was made of each."""
    repeated = find_repeated(record.scans)
    rules = {bar.entered_at: bar.rule for bar in record.stages if bar.rule}
    columns = [
        column("at", text(lang, "order.device_time"), flex=2, minWidth=140),
        column("corrected", text(lang, "order.corrected_time"), flex=2, minWidth=140),
        column("received", text(lang, "order.received_time"), flex=2, minWidth=140),
        column("device", text(lang, "order.device"), flex=2),
        column("stage", text(lang, "analytics.stage"), flex=2),
        column("bay", text(lang, "analytics.bay"), flex=1),
        column("technician", text(lang, "analytics.technician"), flex=1),
        column("reason", text(lang, "order.reason"), flex=2),
        column("note", text(lang, "order.note"), flex=3, minWidth=180),
    ]
    rows = []
    for place, scan in enumerate(record.scans):
        notes = _note_scan(scan, record, rules.get(scan.corrected_at), lang)
        if place in repeated:
            notes.insert(0, text(lang, "order.repeated"))
        rows.append(_list_scan(scan, place, notes, workshop, zone, lang))
    table = draw_list("scans", columns, rows, lang)
    note = text(lang, "order.scans_note")
    return draw_panel(text(lang, "order.scans"), note, table, tools=draw_tools("scans", lang), wide=True)


def _note_scan(scan: ScanRow, record: OrderRecord, rule: str | None, lang: str) -> list[str]:
    late = (scan.received_at - scan.corrected_at).total_seconds()
    said = []
    if record.announced_at is None or scan.received_at < record.announced_at:
        said.append(text(lang, "order.before_announced"))
    if late > _LATE_SECONDS:
        said.append(text(lang, "order.came_late", time=say_seconds(late, lang)))
    if rule:
        said.append(name_stored(lang, "order_rule", rule))
    return said


def _list_scan(
    scan: ScanRow, place: int, notes: Sequence[str], workshop: Workshop, zone: ZoneInfo, lang: str
) -> Row:
    stage = name_stage(scan.stage, workshop, lang)
    corrected = scan.corrected_at != scan.at
    reason = text(lang, f"reason.{scan.reason}") if scan.reason in _REASONS else scan.reason or UNKNOWN
    row: Row = {
        "id": f"{place}",
        "device_words": scan.device,
        "stage_words": stage,
        "bay_words": scan.bay or UNKNOWN,
        "technician_words": scan.technician or UNKNOWN,
        "reason_words": reason,
        "note_words": " · ".join(notes),
        "corrected_level": "warn" if corrected else "none",
        "card": f"{stage}, {say_instant(scan.corrected_at, zone, lang)}",
    }
    for field, at in (("at", scan.at), ("corrected", scan.corrected_at), ("received", scan.received_at)):
        row[field] = at.isoformat()
        row[f"{field}_words"] = f"{at.astimezone(zone):%m-%d %H:%M:%S}"
    return row


def draw_work(record: OrderRecord, zone: ZoneInfo, now: datetime, lang: str) -> Component:
    """Draw the jobs sold, and who worked on them when."""
    clocked = {line.job: 0.0 for line in record.lines}
    rows = []
    operations = {line.job: line.operation or line.job for line in record.lines}
    for place, row in enumerate(record.labour):
        seconds = ((row.ended_at or now) - row.began_at).total_seconds()
        clocked[row.job] = clocked.get(row.job, 0.0) + seconds
        ended = say_instant(row.ended_at, zone, lang) if row.ended_at else text(lang, "order.running")
        job = operations.get(row.job, row.job)
        rows.append(
            {
                "id": str(place),
                "technician_words": row.technician,
                "job_words": job,
                "bay_words": row.bay or UNKNOWN,
                "began": row.began_at.isoformat(),
                "began_words": say_instant(row.began_at, zone, lang),
                "ended_words": ended,
                "hours": seconds / 3600,
                "hours_words": say_count(seconds / 3600, lang),
                "card": f"{row.technician}, {job}",
            }
        )
    columns = [
        column("technician", text(lang, "analytics.technician"), flex=1),
        column("job", text(lang, "order.job"), flex=2, minWidth=130),
        column("bay", text(lang, "analytics.bay"), flex=1),
        column("began", text(lang, "order.began"), flex=2, minWidth=125),
        column("ended", text(lang, "order.ended"), flex=2, minWidth=125),
        column("hours", text(lang, "analytics.hours"), flex=1),
    ]
    sold = [
        html.Li(
            text(
                lang,
                "order.sold",
                job=operations[line.job],
                sold=say_count(line.hours or 0.0, lang),
                clocked=say_count(clocked[line.job] / 3600, lang),
            )
        )
        for line in record.lines
    ]
    table = draw_list("labour", columns, rows, lang) if rows else None
    content = [html.Ul(sold, className="findings"), table]
    return draw_panel(
        text(lang, "order.work"), "", *content, tools=draw_tools("labour", lang) if rows else ()
    )


def draw_parts(parts: Sequence[PartStory], zone: ZoneInfo, now: datetime, lang: str) -> Component:
    """Draw what became of each part."""
    title = text(lang, "order.parts")
    if not parts:
        return draw_panel(title, "", html.P(text(lang, "order.no_parts"), className="nothing"), wide=True)
    columns = [
        column("part", text(lang, "order.part"), flex=2, minWidth=130),
        column("quantity", text(lang, "order.quantity"), flex=1),
        column("status", text(lang, "order.status"), flex=1),
        column("ordered", text(lang, "part.ordered"), flex=2, minWidth=125),
        column("eta", text(lang, "order.eta"), flex=2, minWidth=125),
        column("arrived", text(lang, "part.arrived"), flex=2, minWidth=125),
        column("fitted", text(lang, "part.fitted"), flex=2, minWidth=125),
    ]
    rows: list[Row] = []
    for story in parts:
        status = name_stored(lang, "part", story.status or "planned")
        late = (
            story.arrived_at is None
            and story.status == "ordered"
            and story.eta is not None
            and story.eta < now
        )
        row: Row = {
            "id": story.part,
            "part": story.part,
            "part_words": f"{story.description or UNKNOWN} {story.part}",
            "quantity": story.quantity,
            "quantity_words": say_count(story.quantity, lang),
            "status_words": status,
            "eta_level": "warn" if late else "none",
            "card": status,
        }
        for name, at in (
            ("ordered", story.ordered_at),
            ("eta", story.eta),
            ("arrived", story.arrived_at),
            ("fitted", story.fitted_at),
        ):
            row[name] = at.isoformat() if at else None
            row[f"{name}_words"] = say_instant(at, zone, lang)
        rows.append(row)
    return draw_panel(
        title, "", draw_list("parts", columns, rows, lang), tools=draw_tools("parts", lang), wide=True
    )


def draw_codes(record: OrderRecord, zone: ZoneInfo, lang: str) -> Component:
    """Draw the trouble codes with their words, each once with the gravest status."""
    title = text(lang, "order.codes")
    if not record.codes:
        return draw_panel(title, "", html.P(text(lang, "order.no_codes"), className="nothing"))
    first = {row.code: row for row in reversed(record.codes)}
    return draw_panel(
        title,
        "",
        html.Ul(
            [
                html.Li(
                    [
                        html.B(row.code),
                        html.Span(explain_code(lang, row.code)),
                        html.I(
                            f"{text(lang, f'code_status.{row.status}')} · {say_instant(row.at, zone, lang)}"
                        ),
                    ]
                )
                for row in sorted(first.values(), key=lambda row: (row.at, row.code))
            ],
            className="codes",
        ),
    )
