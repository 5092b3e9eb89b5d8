"""The choice of a site above a list; whoever may see one site alone is not asked. Pure."""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Site
from dashboard.figures.kit.part import speak


def draw_site_filter(name: str, sites: Sequence[Site], chosen: str, lang: str) -> Component:
    """Return the choice among some sites, or of every one; `chosen` is empty for every one."""
    select: Component = dmc.Select(
        id=name,
        value=chosen or None,
        placeholder=text(lang, "analytics.every_site"),
        data=[{"value": site.key, "label": site.name(lang)} for site in sites],
        clearable=True,
        style={} if len(sites) > 1 else {"display": "none"},
        **speak(text(lang, "analytics.site")),
    )
    return select
