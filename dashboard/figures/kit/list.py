"""A table that is as high as it has rows, up to a screenful. Pure."""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag

from dashboard.figures.kit.table import Row, draw_table


def draw_list(name: str, columns: list[dict[str, Any]], rows: Sequence[Row], lang: str) -> dag.AgGrid:
    """Return a table of `dashboard.office.export.RECORD_GRIDS` with its rows."""
    table = draw_table(name, columns, rows, lang)
    table.className = "grid fitting"
    table.style = {"--rows": max(len(rows), 1)}
    return table
