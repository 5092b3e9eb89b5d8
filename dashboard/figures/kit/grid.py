"""The one look of every table: AG Grid with our colours, words and behaviour on a phone.

Owns the options all tables share. A column is what it sorts by; a renderer of
`office/assets/grid.js` draws its words, and on a narrow screen one card in place of all columns.
"""

from typing import Any

import dash_ag_grid as dag
from dash import ClientsideFunction

from config.texts import text
from dashboard.figures.kit.shell import FONT

# Has the browser lay a table out as cards or columns, once it is there.
FIT_GRID = ClientsideFunction("grid", "fit")
_FIT = ["fitGrid(params)"]

_THEME = {
    "fontFamily": FONT,
    "fontSize": 14,
    "headerFontWeight": 600,
    "headerTextColor": "#51616f",
    "headerBackgroundColor": "#f6f8fa",
    "foregroundColor": "#14222e",
    "borderColor": "#dfe6ec",
    "accentColor": "#137a92",
    "rowHoverColor": "#eef8fa",
    "selectedRowBackgroundColor": "#e3f3f7",
    "wrapperBorderRadius": 10,
    "columnBorder": False,
}


def column(field: str, heading: str, *, renderer: str = "Words", **more: Any) -> dict[str, Any]:
    """Return one column, sorted by the field and drawn by a renderer."""
    return {"field": field, "headerName": heading, "cellRenderer": renderer, **more}


def add_card(columns: list[dict[str, Any]], card: str) -> list[dict[str, Any]]:
    """Return columns with the one that a narrow screen shows in their place, drawn by the renderer `card`."""
    return [*columns, {"colId": "card", "cellRenderer": card, "hide": True, "sortable": False, "flex": 1}]


def draw_grid(
    name: str, columns: list[dict[str, Any]], lang: str, *, card: str, **options: Any
) -> dag.AgGrid:
    """Return a table that says it is loading until it is given rows."""
    theme = ", ".join(f"{key}: {_literal(value)}" for key, value in _THEME.items())
    return dag.AgGrid(
        id=name,
        className="grid",
        columnDefs=add_card(columns, card),
        defaultColDef={"resizable": True, "sortable": True, "suppressMovable": True, "minWidth": 90},
        getRowId="params.data.id",
        eventListeners={"gridSizeChanged": _FIT, "gridColumnsChanged": _FIT},
        dashGridOptions={
            "theme": {"function": f"themeQuartz.withParams({{{theme}}})"},
            "rowHeight": 54,
            "headerHeight": 42,
            "animateRows": False,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "tooltipShowDelay": 400,
            "localeText": {
                "loadingOoo": text(lang, "grid.loading"),
                "noRowsToShow": text(lang, "grid.no_rows"),
            },
            **options,
        },
    )


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
