"""What stands on every analytics page before it has data: title, views, filters, a place for the view.

Owns the ids that the page's callbacks speak of. Pure.
"""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Visit
from dashboard.figures.kit.banner import draw_retry
from dashboard.pages.analytics.filter import CUSTOM, PATH, SPANS, Asked, choose_stage

# The views in their order, each at an address of its own; a list of orders is reached by clicking.
VIEWS = ("overview", "stages", "flow", "bottleneck", "people", "faults", "calibration", "what-if", "week")
_SKELETONS = 8


def address_of(view: str) -> str:
    """Return the path of a view."""
    return f"{PATH}/{view}"


def find_view(pathname: str) -> str:
    """Return the view of a path."""
    return pathname.rstrip("/").removeprefix(PATH).strip("/") or VIEWS[0]


def draw_page(visit: Visit, workshop: Workshop, view: str, asked: Asked, search: str) -> Component:
    """Draw a view without its data; `search` is the address that asks for this."""
    lang = visit.lang
    return html.Div(
        [
            html.Div(
                [
                    html.H1(text(lang, "analytics.title")),
                    html.Nav(draw_tabs(view, asked, lang), id="analytics-tabs", className="tabs"),
                ],
                className="heading",
            ),
            _draw_filters(visit, workshop, view, asked),
            html.Div(id="analytics-notice"),
            html.Div(draw_skeleton(lang), id="analytics-view", className=f"view-{view}"),
            # The frame's own address would have the filters' callback run on every other page as well.
            # Told the address, it does not have filters put right that are, before the view is asked for.
            dcc.Location(id="analytics-url", refresh="callback-nav", search=search),
            draw_retry("analytics-again"),
        ],
        id="analytics",
        className="loading",
    )


def draw_tabs(view: str, asked: Asked, lang: str) -> list[Component]:
    """Draw the way to every view of the same selection."""
    return [
        html.Div(dcc.Link(text(lang, f"analytics_tab.{each}"), href=asked.link(each)), **_mark(each == view))
        for each in VIEWS
    ]


def _mark(here: bool) -> dict[str, Any]:
    return {"aria-current": "page"} if here else {}


def draw_skeleton(lang: str) -> Component:
    """Draw grey blocks where the figures will be."""
    blocks = [html.Div(className="skeleton") for _ in range(_SKELETONS)]
    return html.Div(
        [*blocks, html.Span(text(lang, "analytics.loading"), className="hidden", role="status")],
        className="tiles skeletons",
    )


def _draw_filters(visit: Visit, workshop: Workshop, view: str, asked: Asked) -> Component:
    lang = visit.lang
    sites = [site for site in workshop.sites if visit.user.may_see(site.key)]
    shown = sites if len(sites) == 1 else [site for site in sites if site.key in asked.sites]
    bays = [bay.key for bay in shown[0].bays] if len(shown) == 1 else []
    stages = [(stage.key, stage.name(lang)) for stage in workshop.stages if stage.kind != "end"]
    spans = [(span, text(lang, f"analytics_span.{span}")) for span in SPANS]
    return html.Div(
        [
            _draw_choice("span", text(lang, "analytics.dates"), asked.span, spans),
            *_draw_days(asked, lang),
            _draw_choices(
                "sites",
                text(lang, "analytics.sites"),
                text(lang, "analytics.every_site"),
                asked.sites,
                [(site.key, site.name(lang)) for site in sites],
                hidden=len(sites) < 2,  # noqa: PLR2004  # nothing to choose
            ),
            _draw_choices(
                "job_types",
                text(lang, "analytics.job_types"),
                text(lang, "analytics.every_job_type"),
                asked.job_types,
                [],
            ),
            _draw_choices(
                "bays",
                text(lang, "analytics.bays"),
                text(lang, "analytics.every_bay"),
                asked.bays,
                [(bay, bay) for bay in bays],
                hidden=len(shown) != 1,
            ),
            _draw_choices(
                "technicians",
                text(lang, "analytics.technicians"),
                text(lang, "analytics.every_technician"),
                asked.technicians,
                [],
                hidden=len(shown) != 1,
            ),
            _draw_choice(
                "stage",
                text(lang, "analytics.stage"),
                choose_stage(asked.stage, workshop),
                stages,
                hidden=view != "stages",
            ),
        ],
        className="filters",
    )


def _draw_choice(
    name: str, label: str, value: str, choices: Sequence[tuple[str, str]], *, hidden: bool = False
) -> Component:
    select: Component = dmc.Select(
        id=f"analytics-{name}",
        value=value,
        data=[{"value": each, "label": words} for each, words in choices],
        allowDeselect=False,
        style={"display": "none"} if hidden else {},
        **{"aria-label": label},
    )
    return select


def _draw_choices(
    name: str,
    label: str,
    placeholder: str,
    values: Sequence[str],
    choices: Sequence[tuple[str, str]],
    *,
    hidden: bool = False,
) -> Component:
    known = {each for each, _ in choices}
    data = [*choices, *((each, each) for each in values if each not in known)]
    select: Component = dmc.MultiSelect(
        id=f"analytics-{name}",
        value=list(values),
        data=[{"value": each, "label": words} for each, words in data],
        placeholder="" if values else placeholder,
        clearable=True,
        searchable=True,
        hidePickedOptions=True,
        style={"display": "none"} if hidden else {},
        **{"aria-label": label},
    )
    return select


def _draw_days(asked: Asked, lang: str) -> list[Component]:
    style: dict[str, Any] = {} if asked.span == CUSTOM else {"display": "none"}
    return [
        dmc.TextInput(
            id=f"analytics-{name}",
            value=value,
            debounce=True,
            placeholder=text(lang, "analytics.day_format"),
            style=style,
            className="day",
            **{"aria-label": label},
        )
        for name, value, label in (
            ("since", asked.since, text(lang, "analytics.since")),
            ("until", asked.until, text(lang, "analytics.until")),
        )
    ]
