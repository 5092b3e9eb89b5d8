"""Time on the charts of an order and a vehicle: the site's own clock, and days that stay days. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_MARGIN = timedelta(days=3)


def local_time(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock at the site says, for charts know no zones."""
    return at.astimezone(zone).replace(tzinfo=None)


def frame_days(days: Sequence[date]) -> dict[str, Sequence[date]]:
    """Return an axis's `autorangeoptions` for days, so that a single one is not cut up into milliseconds."""
    return {"include": [min(days) - _MARGIN, max(days) + _MARGIN]}
