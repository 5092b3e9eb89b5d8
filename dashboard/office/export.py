"""Tables as files: CSV that spreadsheets read in any language, and Excel.

Owns the forms. What is exported is what the table holds, so that a file says what the page said.
"""

import asyncio
import csv
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from itertools import dropwhile
from typing import Any

import structlog
from dash import Dash, Input, Output, State, ctx, no_update

from dashboard.access.identity import current_visit
from dashboard.access.trail import note
from dashboard.database import DatabaseAwayError, OpenDatabase
from models.domain.access.audit import Action

log = structlog.get_logger()

GRIDS = (
    *("orders", "stages", "cars", "technicians", "bays", "compared", "days", "calibration", "due"),
    *("codes", "used", "missing", "answers"),
)
# Those of pages that foremen see, too.
RECORD_GRIDS = ("scans", "labour", "parts", "visits", "fitted", "reminders", "messages")
_WIDEST = 40

Row = Mapping[str, Any]
Column = Mapping[str, Any]


def register_exports(
    app: Dash, open_database: OpenDatabase, clock: Callable[[], datetime], grids: Sequence[str] = GRIDS
) -> None:
    """Make the callbacks of the buttons of tables; who took which table away is noted."""

    async def send(_csv: int | None, _excel: int | None, rows: list[Row], columns: list[Column]) -> Any:
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return no_update
        _, name, form = str(ctx.triggered_id).split("-")
        try:
            async with open_database() as connection:
                about, after, sites = (
                    f"{name}.{form}",
                    {"rows": len(rows or [])},
                    current_visit.get().user.sites,
                )
                await note(connection, Action.EXPORTED, clock(), about=about, after=after, sites=sites)
        except DatabaseAwayError as error:
            log.warning("an export could not be noted", table=name, error=str(error))
        return await asyncio.to_thread(_write, name, form, rows, columns)

    for grid in grids:
        app.callback(
            Output(f"analytics-{grid}-file", "data"),
            Input(f"analytics-{grid}-csv", "n_clicks"),
            Input(f"analytics-{grid}-excel", "n_clicks"),
            State(f"analytics-table-{grid}", "rowData"),
            State(f"analytics-table-{grid}", "columnDefs"),
            prevent_initial_call=True,
        )(send)


def _write(name: str, form: str, rows: list[Row] | None, columns: list[Column]) -> dict[str, Any]:
    table = lay_out(rows or [], columns)
    if form == "csv":
        return pack(write_csv(table), f"bayboard-{name}.csv")
    return pack(write_excel(table, name), f"bayboard-{name}.xlsx")


def pack(content: bytes, filename: str) -> dict[str, Any]:
    """Return a file as a browser is handed it."""
    return {"content": b64encode(content).decode(), "filename": filename, "base64": True}


Table = Sequence[Sequence[str | float]]


def lay_out(rows: Sequence[Row], columns: Sequence[Column]) -> Table:
    """Return headings and rows: numbers as numbers, everything else as the words that are shown."""
    shown = [column for column in columns if column.get("field") and not column.get("hide")]
    heads = [str(column["headerName"]) for column in shown]
    return [heads, *([_read_cell(row, column["field"]) for column in shown] for row in rows)]


def _read_cell(row: Row, field: str) -> str | float:
    value = row.get(field)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value, 4)
    words = row.get(f"{field}_words", value)
    return "" if words is None else str(words)


def write_csv(table: Table) -> bytes:
    """Return CSV in UTF-8 with a byte order mark, by which Excel knows it."""
    written = StringIO()
    csv.writer(written).writerows([[_defuse(cell) for cell in row] for row in table])
    return written.getvalue().encode("utf-8-sig")


def write_excel(table: Table, name: str) -> bytes:
    """Return a workbook of one sheet with a heading that stays in sight."""
    # Large, and wanted by few: a dashboard starts without it.
    from xlsxwriter import Workbook  # noqa: PLC0415

    written = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(written, options) as book:
        sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
        for number, row in enumerate(table):
            sheet.write_row(number, 0, row, None if number else bold)
        for number, cells in enumerate(zip(*table, strict=True)):
            width = max(len(str(cell)) for cell in cells) + 2
            sheet.set_column(number, number, min(_WIDEST, width))
        sheet.freeze_panes(1, 0)
    return written.getvalue()


def _defuse(cell: str | float) -> str | float:
    """Keep a spreadsheet from taking words that a device sent for a formula, however wide its signs are."""
    if not isinstance(cell, str):
        return cell
    seen = dropwhile(_is_unseen, unicodedata.normalize("NFKC", cell))
    return f"'{cell}" if next(seen, "") in {"=", "+", "-", "@"} or cell.startswith(("\t", "\r")) else cell


def _is_unseen(letter: str) -> bool:
    """Say whether a letter is a space, a line break or a sign that shows nothing."""
    return unicodedata.category(letter)[0] in "ZC"
