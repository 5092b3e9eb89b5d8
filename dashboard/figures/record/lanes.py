"""The lanes of a work order's timeline: bars and marks with their words, before anything is drawn.

Owns which lanes there are, one for each stage, bay, technician and part and one for trouble codes, and
what stands in each. What a rule inferred is a kind of its own. Pure.
"""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from config.codes import explain_code
from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import name_part, name_stage, say_instant, say_seconds
from dashboard.figures.kit.chart import ALARM, AMBER, CALM, CALM_SOFT, GOOD, TEXT, TEXT_SOFT, WARN
from models.analytics.record.order import OrderRecord, StageBar, find_repeated


@dataclass(slots=True)
class Bars:
    """Bars of one kind, which share a place in the legend."""

    name: str
    colour: str
    hatched: bool = False
    width: float = 0.72
    lanes: list[str] = field(default_factory=list)
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def add(self, lane: str, begin: datetime, end: datetime, said: str) -> None:
        """Add a bar to a lane, with what is said of it."""
        self.lanes.append(lane)
        self.spans.append((begin, max(end, begin)))
        self.said.append(said)


@dataclass(slots=True)
class Marks:
    """Marks of one kind."""

    name: str
    symbol: str
    colour: str
    size: int = 11
    lanes: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def add(self, lane: str, at: datetime, said: str) -> None:
        """Add a mark to a lane, with what is said of it."""
        self.lanes.append(lane)
        self.times.append(at)
        self.said.append(said)


def order_lanes(record: OrderRecord, workshop: Workshop, lang: str) -> list[str]:
    """List the lanes from above: stages as they came, then bays, technicians, parts and codes."""
    stages = [*(bar.stage for bar in record.stages), *(scan.stage for scan in record.scans)]
    named = [
        *(name_stage(stage, workshop, lang) for stage in stages),
        *(_bay_lane(bar.bay, lang) for bar in record.stages if bar.bay),
        *(row.technician for row in record.labour),
        *(name_part(story.part, story.description) for story in record.parts),
        *([text(lang, "order.codes")] if record.codes else []),
    ]
    return list(dict.fromkeys(named))


def _bay_lane(bay: str, lang: str) -> str:
    return text(lang, "order.bay_lane", bay=bay)


def list_stages(
    record: OrderRecord, workshop: Workshop, zone: ZoneInfo, now: datetime, lang: str
) -> list[Bars]:
    """Return the bars of stages by kind, and those of bays."""
    kinds = {
        (False, False): Bars(text(lang, "order.waiting"), AMBER),
        (True, False): Bars(text(lang, "order.working"), CALM),
        (False, True): Bars(text(lang, "order.waiting_inferred"), AMBER, hatched=True),
        (True, True): Bars(text(lang, "order.working_inferred"), CALM, hatched=True),
    }
    bays = Bars(text(lang, "order.in_bay"), CALM_SOFT, width=0.4)
    for bar in record.stages:
        end = bar.left_at or record.head.closed_at or now
        stage = workshop.stage(bar.stage)
        said = _say_bar(bar, end, workshop, zone, lang)
        is_touch = stage is not None and stage.kind == "touch"
        kinds[is_touch, bar.rule is not None].add(
            name_stage(bar.stage, workshop, lang), bar.entered_at, end, said
        )
        if bar.bay:
            bays.add(_bay_lane(bar.bay, lang), bar.entered_at, end, said)
    return [*kinds.values(), bays]


def _say_bar(bar: StageBar, end: datetime, workshop: Workshop, zone: ZoneInfo, lang: str) -> str:
    lasted = say_seconds(max(0.0, (end - bar.entered_at).total_seconds()), lang)
    detail = [each for each in (bar.bay, bar.technician, bar.operation, bar.reason) if each]
    rule = [name_stored(lang, "order_rule", bar.rule)] if bar.rule else []
    return "<br>".join(
        [
            f"<b>{name_stage(bar.stage, workshop, lang)}</b>: {lasted}",
            f"{say_instant(bar.entered_at, zone, lang)} – {say_instant(end, zone, lang)}",
            *([" · ".join(detail)] if detail else []),
            *rule,
        ]
    )


def list_people(record: OrderRecord, zone: ZoneInfo, now: datetime, lang: str) -> list[Bars]:
    """Return the bars of technicians."""
    labour = Bars(text(lang, "order.labour"), GOOD, width=0.4)
    for row in record.labour:
        end = row.ended_at or now
        clock = f"{say_instant(row.began_at, zone, lang)} – {say_instant(end, zone, lang)}"
        lasted = say_seconds((end - row.began_at).total_seconds(), lang)
        labour.add(
            row.technician, row.began_at, end, f"<b>{row.technician}</b>: {lasted}<br>{row.job}<br>{clock}"
        )
    return [labour]


def list_scans(record: OrderRecord, workshop: Workshop, zone: ZoneInfo, lang: str) -> Marks:
    """Return the ticks of scans, on the lanes of their stages."""
    marks = Marks(text(lang, "order.scans"), "line-ns", TEXT)
    repeated = find_repeated(record.scans)
    for place, scan in enumerate(record.scans):
        stage = name_stage(scan.stage, workshop, lang)
        said = f"<b>{stage}</b>: {scan.device}<br>{say_instant(scan.corrected_at, zone, lang)}"
        if place in repeated:
            said = f"{said}<br>{text(lang, 'order.repeated')}"
        marks.add(stage, scan.corrected_at, said)
    return marks


def list_parts(record: OrderRecord, zone: ZoneInfo, lang: str) -> list[Marks]:
    """Return the marks of parts: ordered, expected, here, fitted."""
    ordered = Marks(text(lang, "part.ordered"), "circle-open", WARN)
    eta = Marks(text(lang, "order.eta"), "diamond-open", TEXT_SOFT)
    arrived = Marks(text(lang, "part.arrived"), "circle", CALM)
    fitted = Marks(text(lang, "part.fitted"), "square", GOOD, 10)
    for story in record.parts:
        lane = name_part(story.part, story.description)
        for marks, at in (
            (ordered, story.ordered_at),
            (eta, story.eta),
            (arrived, story.arrived_at),
            (fitted, story.fitted_at),
        ):
            if at:
                marks.add(lane, at, f"<b>{lane}</b>: {marks.name}<br>{say_instant(at, zone, lang)}")
    return [ordered, eta, arrived, fitted]


def list_codes(record: OrderRecord, zone: ZoneInfo, lang: str) -> Marks:
    """Return the marks of trouble codes."""
    marks = Marks(text(lang, "order.codes"), "x", ALARM, 9)
    for row in record.codes:
        words = f"<b>{row.code}</b>: {explain_code(lang, row.code)}"
        marks.add(marks.name, row.at, f"{words}<br>{say_instant(row.at, zone, lang)}")
    return marks
