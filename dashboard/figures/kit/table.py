"""The tables of the analytics pages, with the buttons that take them away as files.

Owns the ids that `dashboard.office.export` speaks of. A number is sorted and exported as a number; its words
stand beside it in the row.
"""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from dashboard.figures.kit.grid import draw_grid

Row = dict[str, Any]

# Rows drawn beyond those in sight: ten of its own would be most of what a table of six costs.
_ROWS_BEYOND = 2


def draw_table(name: str, columns: list[dict[str, Any]], rows: Sequence[Row], lang: str) -> dag.AgGrid:
    """Return a table with its rows, `name` being one of `dashboard.office.export.GRIDS`."""
    grid = draw_grid(f"analytics-table-{name}", columns, lang, card="AnalyticsCard", rowBuffer=_ROWS_BEYOND)
    grid.rowData = list(rows)
    grid.columnSize = "responsiveSizeToFit"
    return grid


def draw_tools(name: str, lang: str) -> list[Component]:
    """Return the buttons that export a table."""
    return [
        html.Button(text(lang, "analytics.csv"), id=f"analytics-{name}-csv", type="button"),
        html.Button(text(lang, "analytics.excel"), id=f"analytics-{name}-excel", type="button"),
        dcc.Download(id=f"analytics-{name}-file"),
    ]
