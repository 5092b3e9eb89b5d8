"""What a manager asks about: which sites, days, job types, bays and technicians.

Owns the selection as a value, the period before it, and into which buckets a period is cut so that a
picture stays readable and a request small. Knows no addresses and no SQL.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

# Up to so many days a point of a trend is a day, then a week, then a month.
_MOST_DAYS, _MOST_DAYS_BY_WEEK = 62, 430


class Bucket(StrEnum):
    """How long a point of a trend lasts, in PostgreSQL's words."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Selection:
    """Days from `since` to before `until` at these sites; empty job types, bays, technicians are all."""

    sites: tuple[str, ...]
    since: date
    until: date
    job_types: tuple[str, ...] = ()
    bays: tuple[str, ...] = ()
    technicians: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ValueError(f"a period from {self.since} to before {self.until} has no day")

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.until - self.since).days

    @property
    def before(self) -> date:
        """Return when the period before it begins, which is as long."""
        return self.since - timedelta(days=self.days)

    @property
    def reach(self) -> tuple[date, date]:
        """Return the first and the last day that any view of it reads.

        That is the period before, and the whole week in which it ends, with the week before that.
        """
        last = self.until - timedelta(days=1)
        monday = last - timedelta(days=last.weekday())
        return min(self.before, monday - timedelta(days=7)), monday + timedelta(days=6)

    @property
    def bucket(self) -> Bucket:
        """Return how long a point of its trends lasts."""
        if self.days <= _MOST_DAYS:
            return Bucket.DAY
        return Bucket.WEEK if self.days <= _MOST_DAYS_BY_WEEK else Bucket.MONTH

    @property
    def buckets(self) -> int:
        """Return about how many buckets it is cut into."""
        return -(-self.days // {Bucket.DAY: 1, Bucket.WEEK: 7, Bucket.MONTH: 30}[self.bucket])

    def days_of(self, bucket: date) -> int:
        """Return how many of its days lie in the bucket that begins on a day."""
        begin, end = max(bucket, self.since), min(self.end_of(bucket), self.until)
        return (end - begin).days

    def end_of(self, bucket: date) -> date:
        """Return the day on which the bucket after one begins."""
        if self.bucket is Bucket.MONTH:
            return (bucket.replace(day=1) + timedelta(days=32)).replace(day=1)
        return bucket + timedelta(days=1 if self.bucket is Bucket.DAY else 7)

    @property
    def picks_places(self) -> bool:
        """Say whether it is about some bays or technicians only."""
        return bool(self.bays or self.technicians)

    def latest(self, site_days: int) -> "Selection":
        """Return its last days, at most so many over all of its sites and at least one."""
        days = max(1, site_days // max(1, len(self.sites)))
        return self if self.days <= days else replace(self, since=self.until - timedelta(days=days))

    def query(self) -> dict[str, object]:
        """Return it as parameters of a query; a list that is None asks for all."""
        return {
            "sites": list(self.sites),
            "before": self.before,
            "since": self.since,
            "until": self.until,
            "bucket": str(self.bucket),
            "job_types": list(self.job_types) or None,
            "bays": list(self.bays) or None,
            "technicians": list(self.technicians) or None,
        }
