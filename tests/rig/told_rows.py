"""The rows that messages left in a database, in order, for tests that reckon figures from them by hand."""

from collections import defaultdict
from datetime import datetime

import psycopg

from models.analytics.kpis import LabourRow
from models.domain.intervals import IntervalRow


def read_all_intervals(connection: psycopg.Connection) -> dict[str, list[IntervalRow]]:
    """Return every work order's intervals."""
    intervals: defaultdict[str, list[IntervalRow]] = defaultdict(list)
    for row in connection.execute(
        "select work_order, stage, bay, technician, reason, entered_at, left_at"
        " from stage_interval order by work_order, position"
    ):
        intervals[row[0]].append(IntervalRow(*row))
    return intervals


def read_all_labour(connection: psycopg.Connection) -> list[LabourRow]:
    """Return every clocking-on with its clocking-off, in the order in which they ended."""
    labour: list[LabourRow] = []
    begun: dict[tuple[str, str, str], datetime] = {}
    for order, job, technician, bay, action, at in connection.execute(
        "select work_order, job, technician, bay, action, corrected_at"
        " from labour_scan order by corrected_at, action"
    ):
        if action == "on":
            begun[order, job, technician] = at
        elif began_at := begun.pop((order, job, technician), None):
            labour.append(LabourRow(order, job, technician, bay, began_at, at))
    return labour
