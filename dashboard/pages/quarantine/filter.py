"""What part of quarantine an address means: `?status=…&site=…&device=…&reason=…&since=…`.

Owns the words of the address, so that a link shows what it showed whoever sent it. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode

from dashboard.access.identity import User
from models.domain.quarantine import Status
from models.queries.quarantine.messages import QuarantineFilter

ALL = "all"
SINCE: Mapping[str, timedelta] = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
PATH = "/quarantine"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, in its own words; empty is not asked for."""

    status: str = Status.NEW
    site: str = ""
    device: str = ""
    reason: str = ""
    since: str = ""

    def address(self) -> str:
        """Return the query string that asks for this."""
        query = urlencode(
            {
                name: value
                for name, value in [
                    ("status", "" if self.status == Status.NEW else self.status),
                    ("site", self.site),
                    ("device", self.device),
                    ("reason", self.reason),
                    ("since", self.since),
                ]
                if value
            }
        )
        return f"?{query}" if query else ""

    def find(self, user: User, now: datetime) -> QuarantineFilter:
        """Return the filter for what a user may see of it."""
        return QuarantineFilter(
            status=Status(self.status) if self.status in set(Status) else None,
            site=self.site or None,
            device=self.device or None,
            reason=self.reason or None,
            since=_read_since(self.since, now),
            sites=user.sites,
        )


def read_address(search: str | None) -> Asked:
    """Read the query string of an address; what is not understood is not asked for."""
    given = {name: values[0] for name, values in parse_qs((search or "").removeprefix("?")).items()}
    status = given.get("status", Status.NEW)
    return Asked(
        status=status if status in {*Status, ALL} else Status.NEW,
        site=given.get("site", ""),
        device=given.get("device", ""),
        reason=given.get("reason", ""),
        since=given.get("since", ""),
    )


def _read_since(since: str, now: datetime) -> datetime | None:
    if since in SINCE:
        return now - SINCE[since]
    try:
        time = datetime.fromisoformat(since)
    except ValueError:
        return None
    return time if time.tzinfo else None
