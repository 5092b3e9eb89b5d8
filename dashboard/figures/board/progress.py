"""A customer's own page: how far the car is, what was done and found, and when it is due again.

Owns what stands on the page and in which order. Says nothing that it does not know: a section
without anything to say is not there. Pure: a visit in, components out.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from babel.numbers import format_decimal
from dash import html
from dash.development.base_component import Component

from config.codes import explain_code
from config.texts import name_stored, text
from config.workshop import Site, Workshop, find_ready_stage
from dashboard.figures.board.car import stage_icon
from dashboard.figures.board.visit import count_done, draw_plate, draw_steps, list_steps, say_doing, say_stage
from dashboard.figures.kit.length import say_length
from dashboard.figures.kit.number import say_number
from dashboard.figures.kit.when import LOCALES, say_day, say_moment, say_range
from models.analytics.estimate.ready import ReadyEstimate
from models.domain.board.public import Finding, Progress, PublicPart, ServiceDue, StageVisit

_PART_STATES = ("ordered", "arrived", "fitted")


def progress_page(
    progress: Progress,
    expected: ReadyEstimate | None,
    site: Site,
    workshop: Workshop,
    lang: str,
    now: datetime,
) -> Component:
    """Return everything on the page that a change can change."""
    sections = [
        _head(progress, expected, site, workshop, lang, now),
        _history(progress, site, workshop, lang, now),
        _parts(progress.parts, site, lang, now),
        _findings(progress.findings, lang),
        _services(progress.services, workshop, lang),
    ]
    return html.Div([section for section in sections if section is not None], id="progress")


def merge_visits(stages: Sequence[StageVisit]) -> list[StageVisit]:
    """Return each visit of a stage once, also where the car changed bay or hands meanwhile."""
    merged: list[StageVisit] = []
    for visit in stages:
        if merged and merged[-1].stage == visit.stage:
            merged[-1] = replace(merged[-1], left_at=visit.left_at)
        else:
            merged.append(visit)
    return merged


def _head(
    progress: Progress,
    expected: ReadyEstimate | None,
    site: Site,
    workshop: Workshop,
    lang: str,
    now: datetime,
) -> Component:
    car = " ".join(part for part in (progress.make, progress.model) if part)
    stage = workshop.stage(progress.stage or "")
    is_ready = progress.closed_at is None and progress.stage == find_ready_stage(workshop.stages)
    state = "ready" if is_ready else "over" if progress.closed_at else "open"
    title = text(lang, "progress.cancelled") if progress.cancelled else say_stage(progress, workshop, lang)
    return html.Section(
        [
            html.Div([html.B(progress.ticket), draw_plate(progress.plate), html.Span(car)], className="car"),
            html.H1([stage_icon(stage), title]),
            html.P(say_doing(progress, workshop, lang), className="doing"),
            draw_steps(progress.stage, workshop.stages, lang),
            *_outlook(progress, expected, is_ready, site, lang, now),
        ],
        className=f"head {state}",
    )


def _outlook(
    progress: Progress, expected: ReadyEstimate | None, is_ready: bool, site: Site, lang: str, now: datetime
) -> list[Component]:
    """Return what is to be expected: a range and what was promised, or what to do now."""
    if progress.closed_at:
        until = progress.ends_at and say_day(progress.ends_at.astimezone(site.zone).date(), lang)
        return [html.P(text(lang, "progress.page_ends", day=until), className="note")] if until else []
    if is_ready:
        return [html.P(text(lang, "lounge.come_to_desk"), className="ask")]
    lines: list[Component] = []
    if expected:
        said = say_range(expected.p50_at, expected.p80_at, site.zone, now, lang)
        lines += [
            html.P(text(lang, "lounge.expected_ready"), className="label"),
            html.P(said, className="when"),
        ]
    if progress.promised_at:
        promised = say_moment(progress.promised_at, site.zone, now, lang)
        lines.append(html.P(text(lang, "progress.promised", time=promised), className="note"))
    if progress.stage == "awaiting_approval" or progress.reason == "approval":
        lines.append(html.P(text(lang, "progress.approve"), className="ask"))
    return lines


def _history(
    progress: Progress, site: Site, workshop: Workshop, lang: str, now: datetime
) -> Component | None:
    """Return every stage so far with its time, and below, faintly, the steps still to come."""
    rows: list[Component] = []
    visits = merge_visits(progress.stages)
    for visit in visits:
        known = workshop.stage(visit.stage)
        lasted = (visit.left_at or now) - visit.entered_at
        is_end = known is not None and known.kind == "end"
        rows.append(
            html.Li(
                [
                    html.Time(say_moment(visit.entered_at, site.zone, now, lang)),
                    html.Span(known.name(lang) if known else visit.stage),
                    html.Span("" if is_end else say_length(lasted, lang), className="lasted"),
                ],
                className="done" if visit.left_at else "now",
            )
        )
    if progress.closed_at is None:
        ahead = list_steps(workshop.stages)[count_done(progress.stage, workshop.stages) :]
        rows += [
            html.Li([html.Time(), html.Span(step.name(lang)), html.Span()], className="todo")
            for step in ahead
            if step.key != progress.stage
        ]
    return _section("progress.history", html.Ol(rows, className="history"), lang) if rows else None


def _parts(parts: Sequence[PublicPart], site: Site, lang: str, now: datetime) -> Component | None:
    if not parts:
        return None
    rows = [
        html.Li(
            [
                html.Span(_name_part(part, lang)),
                html.Span(_say_part(part, site, lang, now), className=f"state {part.status or 'planned'}"),
            ]
        )
        for part in parts
    ]
    return _section("progress.parts", html.Ul(rows, className="rows"), lang)


def _name_part(part: PublicPart, lang: str) -> str:
    name = part.description or text(lang, "progress.part")
    if part.quantity == 1:
        return name
    return f"{name} × {format_decimal(part.quantity, locale=LOCALES[lang])}"


def _say_part(part: PublicPart, site: Site, lang: str, now: datetime) -> str:
    if part.status == "ordered" and part.eta:
        return text(lang, "part.expected", time=say_moment(part.eta, site.zone, now, lang))
    return text(lang, f"part.{part.status if part.status in _PART_STATES else 'planned'}")


def _findings(findings: Sequence[Finding], lang: str) -> Component | None:
    if not findings:
        return None
    rows = [
        html.Li(
            [
                html.Span(explain_code(lang, finding.code)),
                html.Span(
                    [html.Code(finding.code), " ", name_stored(lang, "finding", finding.status)],
                    className="state",
                ),
            ]
        )
        for finding in findings
    ]
    return _section("progress.findings", html.Ul(rows, className="rows"), lang)


def _services(services: Sequence[ServiceDue], workshop: Workshop, lang: str) -> Component | None:
    named = [
        html.Li([html.Span(name), html.Span(said, className="state")])
        for due in services
        if (name := _name_service(due, workshop, lang)) and (said := _say_due(due, lang))
    ]
    return _section("progress.services", html.Ul(named, className="rows"), lang) if named else None


def _name_service(due: ServiceDue, workshop: Workshop, lang: str) -> str | None:
    return next(
        (
            item.name(lang)
            for plan in workshop.plans
            for item in plan.items
            if (plan.key, item.key) == (due.plan, due.item)
        ),
        None,
    )


def _say_due(due: ServiceDue, lang: str) -> str:
    """Say by when a service is due: a distance, a day, or whichever comes first."""
    distance = due.due_km and say_number(round(due.due_km, -2), lang)
    day = due.due_on and say_day(due.due_on, lang)
    if distance and day:
        return text(lang, "due.either", km=distance, day=day)
    if distance:
        return text(lang, "due.distance", km=distance)
    return text(lang, "due.day", day=day) if day else ""


def _section(title: str, content: Component, lang: str) -> Component:
    return html.Section([html.H2(text(lang, title)), content])
