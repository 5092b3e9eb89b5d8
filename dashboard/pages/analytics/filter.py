"""What an address of the analytics pages asks for: `?span=28d&site=s1&job=repair&bay=B04&tech=T001…`.

Owns the words of the address, so that a view can be bookmarked and sent, and what they mean for a user:
sites somebody may not see are never asked for. Pure: the moment is passed.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, quote_plus, urlencode

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import User
from dashboard.figures.analytics.words import name_cause, name_job, say_seconds
from models.analytics.selection import Selection
from models.queries.analytics.orders import OrderCondition, VisitCondition

PATH = "/analytics"
DEFAULT_SPAN, CUSTOM = "28d", "custom"
_LAST_DAYS = {"7d": 7, "28d": 28, "90d": 90, "365d": 365, "5y": 1826}
_CALENDAR: Mapping[str, Callable[[date], tuple[date, date]]] = {
    "last_week": lambda today: (_monday(today) - timedelta(days=7), _monday(today)),
    "this_month": lambda today: (today.replace(day=1), today + timedelta(days=1)),
    "last_month": lambda today: (
        (today.replace(day=1) - timedelta(days=1)).replace(day=1),
        today.replace(day=1),
    ),
}
# Of each filter, and of all of them as an address writes them.
_MOST_VALUES, _LONGEST_VALUE, _MOST_LETTERS, _MOST_QUERY = 50, 64, 2000, 16_000
_LARGEST_NUMBER = 1e9
SPANS = (*_LAST_DAYS, *_CALENDAR, CUSTOM)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, in its own words; empty is not asked for.

    `behind` are the words of a list of orders: which figure they are behind.
    """

    span: str = DEFAULT_SPAN
    since: str = ""
    until: str = ""
    sites: tuple[str, ...] = ()
    job_types: tuple[str, ...] = ()
    bays: tuple[str, ...] = ()
    technicians: tuple[str, ...] = ()
    stage: str = ""
    behind: tuple[tuple[str, str], ...] = ()

    def address(self) -> str:
        """Return the query string that asks for this."""
        pairs = [
            ("span", "" if self.span == DEFAULT_SPAN else self.span),
            ("from", self.since if self.span == CUSTOM else ""),
            ("to", self.until if self.span == CUSTOM else ""),
            *(("site", each) for each in self.sites),
            *(("job", each) for each in self.job_types),
            *(("bay", each) for each in self.bays),
            *(("tech", each) for each in self.technicians),
            ("stage", self.stage),
            *self.behind,
        ]
        query = urlencode([pair for pair in pairs if pair[1]])
        return f"?{query}" if query else ""

    def link(self, view: str = "orders", **more: str) -> str:
        """Return the address of a view of the same selection, changed by `more`.

        Days are `since` and `until`; `stage`, `bay`, `tech`, `job`, `site` stand in place of what is asked
        for; the rest says which orders.
        """
        asked = self
        if "since" in more:
            asked = replace(asked, span=CUSTOM, since=more.pop("since"), until=more.pop("until"))
        asked = replace(
            asked,
            sites=_replace(asked.sites, more.pop("site", "")),
            job_types=_replace(asked.job_types, more.pop("job", "")),
            bays=_replace(asked.bays, more.pop("bay", "")),
            technicians=_replace(asked.technicians, more.pop("tech", "")),
            stage=more.pop("stage", "" if view == "orders" else asked.stage),
        )
        return f"{PATH}/{view}{replace(asked, behind=tuple(sorted(more.items()))).address()}"

    def find_days(self, today: date) -> tuple[date, date] | None:
        """Return from when to before when it asks for; None where its days cannot be."""
        if self.span in _LAST_DAYS:
            return today - timedelta(days=_LAST_DAYS[self.span] - 1), today + timedelta(days=1)
        if self.span in _CALENDAR:
            return _CALENDAR[self.span](today)
        try:
            since, until = date.fromisoformat(self.since), date.fromisoformat(self.until)
        except ValueError:
            return None
        return (since, until + timedelta(days=1)) if since <= until else None

    def find_sites(self, user: User, workshop: Workshop) -> tuple[str, ...]:
        """Return the sites that are asked for and that a user may see, all of them where none is."""
        seen = [site.key for site in workshop.sites if user.may_see(site.key)]
        return tuple(site for site in seen if site in self.sites or not self.sites)

    def select(self, user: User, workshop: Workshop, now: datetime) -> Selection | None:
        """Return the selection for a user; None where it has no site."""
        sites = self.find_sites(user, workshop)
        if not sites:
            return None
        first = next(site for site in workshop.sites if site.key == sites[0])
        today = now.astimezone(first.zone).date()
        since, until = self.find_days(today) or Asked().find_days(today) or (today, today)
        return Selection(sites, since, until, self.job_types, self.bays, self.technicians)

    def find_orders(self) -> OrderCondition:
        """Return which orders of the period a list is of."""
        words = dict(self.behind)
        return OrderCondition(words.get("cause"), "late" in words, "back" in words)

    def find_visits(self) -> VisitCondition | None:
        """Return which visits a list is of; None where it is of orders."""
        if not self.stage:
            return None
        words = dict(self.behind)
        hour, weekday = (_read_number(words.get(name)) for name in ("hour", "weekday"))
        return VisitCondition(
            self.stage,
            None if hour is None else int(hour),
            None if weekday is None else int(weekday),
            _read_number(words.get("least")),
            _read_number(words.get("most")),
        )


def choose_stage(stage: str, workshop: Workshop) -> str:
    """Return the stage that is asked for, else the one in which most of the work is expected."""
    if workshop.stage(stage):
        return stage
    touched = [each for each in workshop.stages if each.kind == "touch"]
    return max(touched or workshop.stages, key=lambda each: each.target_minutes or 0).key


def say_condition(asked: Asked, workshop: Workshop, lang: str) -> list[str]:
    """Say which orders of the period a list is of."""
    said = [name_job(each, lang) for each in asked.job_types] + [*asked.bays, *asked.technicians]
    orders, visits = asked.find_orders(), asked.find_visits()
    if orders.cause:
        said.append(text(lang, "analytics.cause_of", cause=name_cause(orders.cause, workshop, lang)))
    if orders.late:
        said.append(text(lang, "analytics.late_only"))
    if orders.came_back:
        said.append(text(lang, "analytics.back_only"))
    if visits and visits.least is not None and visits.most_seconds is not None:
        least, most = say_seconds(visits.least, lang), say_seconds(visits.most_seconds, lang)
        said.append(text(lang, "analytics.length_of", least=least, most=most))
    if visits and visits.hour is not None and visits.weekday in range(1, 8):
        weekday = text(lang, f"analytics_weekday.{visits.weekday}")
        said.append(text(lang, "analytics.begun_at", weekday=weekday, hour=visits.hour, next=visits.hour + 1))
    return said


_BEHIND = ("back", "cause", "code", "hour", "late", "least", "model", "more", "most", "part", "weekday")


def _parse(query: str) -> Mapping[str, Sequence[str]]:
    """Return the values of each word: a few of them, for every link of a page repeats the whole address."""
    given: dict[str, list[str]] = {}
    left = _MOST_LETTERS
    for word, value in parse_qsl(query[:_MOST_QUERY]):
        values = given.setdefault(word, [])
        letters = len(word) + len(quote_plus(value)) + 2
        if value in values or len(values) >= _MOST_VALUES or len(value) > _LONGEST_VALUE or letters > left:
            continue
        left -= letters
        values.append(value)
    return {word: values for word, values in given.items() if values}


def read_address(search: str | None) -> Asked:
    """Read the query string of an address; what is not understood, or too much, is not asked for."""
    given = _parse((search or "").removeprefix("?"))
    span = _first(given, "span") or DEFAULT_SPAN
    return Asked(
        span=span if span in SPANS else DEFAULT_SPAN,
        since=_first(given, "from"),
        until=_first(given, "to"),
        sites=tuple(given.get("site", ())),
        job_types=tuple(given.get("job", ())),
        bays=tuple(given.get("bay", ())),
        technicians=tuple(given.get("tech", ())),
        stage=_first(given, "stage"),
        behind=tuple((word, _first(given, word)) for word in _BEHIND if word in given),
    )


def _replace(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return (value,) if value else values


def _first(given: Mapping[str, Sequence[str]], word: str) -> str:
    return given.get(word, [""])[0]


def _read_number(words: str | None) -> float | None:
    """Return a number that the database can compare with; None where it is none."""
    try:
        number = math.nan if words is None else float(words)
    except ValueError:
        return None
    return number if abs(number) <= _LARGEST_NUMBER else None
