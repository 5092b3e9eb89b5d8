"""What happened at a site between two moments, so that rules can be tried on it. Writes nothing."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import Connection

from models.database.named import read_sql
from models.domain.intervals import Interval
from models.domain.notice.story import OrderStory
from models.domain.work_order import Change

_INTERVALS = read_sql("queries/notice/intervals")
_CHANGES = read_sql("queries/notice/changes")


def read_stories(
    connection: Connection[Any], site: str, since: datetime, until: datetime
) -> Iterable[OrderStory]:
    """Read the stories of the work orders that were open at some time, each from its beginning."""
    wanted = {"site": site, "since": since, "until": until}
    intervals: defaultdict[str, list[Interval]] = defaultdict(list)
    for work_order, *interval in connection.execute(_INTERVALS, wanted):
        intervals[work_order].append(Interval(*interval))
    changes: defaultdict[str, list[Change]] = defaultdict(list)
    for work_order, *change in connection.execute(_CHANGES, wanted):
        changes[work_order].append(Change(*change))
    for work_order in sorted({*intervals, *changes}):
        yield OrderStory(site, work_order, tuple(intervals[work_order]), tuple(changes[work_order]))
