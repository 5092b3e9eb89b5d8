"""What the address of `/reminders` asks for, and back. Pure."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from dashboard.access.identity import User
from models.domain.service.listed import SHOWN
from models.queries.service.listed import ReminderFilter

PATH = "/reminders"
# Beside where items stand: how many of those who were told came.
CONVERSION = "conversion"
VIEWS = (*SHOWN, CONVERSION)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, in its own words; empty is not asked for."""

    show: str = SHOWN[0]
    site: str = ""
    item: str = ""
    search: str = ""

    def address(self) -> str:
        """Return the query string that asks for this."""
        words = {
            "show": "" if self.show == SHOWN[0] else self.show,
            "site": self.site,
            "item": self.item,
            "search": self.search,
        }
        query = urlencode({name: value for name, value in words.items() if value})
        return f"?{query}" if query else ""

    def find(self, user: User) -> ReminderFilter:
        """Return the filter for what a user may see of it."""
        return ReminderFilter(user.sites, self.site or None, self.item or None, self.search.strip() or None)


def read_address(search: str | None) -> Asked:
    """Read the query string of an address; what is not understood is not asked for."""
    given = {name: values[0] for name, values in parse_qs((search or "").removeprefix("?")).items()}
    show = given.get("show", "")
    return Asked(
        show if show in VIEWS else SHOWN[0],
        given.get("site", ""),
        given.get("item", ""),
        given.get("search", ""),
    )
