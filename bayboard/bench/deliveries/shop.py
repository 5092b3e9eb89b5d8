"""Cars that come into a shop while the engines that judge its rules are killed, and what each must come to.

Owns the rules of that drill, the rows of the cars, and the truth: a car stays in its stage until it was told
of, so that it is known beforehand which rule tells of it how often. What was told is compared with that.
"""

import random
from collections import Counter
from dataclasses import dataclass

import psycopg

from models.signals import BoardChange, announce_change

RULES = """
[[rule]]
name = "arrival"
when = "stage_entered"
stage = "received"
tell = "foreman"

[[rule]]
name = "pickup"
when = "car_ready"
tell = "customer"

[[rule]]
name = "approval"
when = "approval_unanswered"
for = "5 s"
hours = "calendar"
tell = "advisor"
escalate = [{ after = "20 s", tell = "director" }]
"""
# By where a car stands: the rules that must tell of it, each with its step.
_TOLD_IN = {
    "received": [("arrival", 0)],
    "ready": [("pickup", 0)],
    "awaiting_approval": [("approval", 0), ("approval", 1)],
}
_MOST_CARS = 12
_ENTER = """
insert into work_order (
    site, work_order, registered, cancelled, customer_ref, advisor, stage,
    stage_entered_at, opened_at, updated_at
)
values (%s, %s, true, false, 'C1', 'A1', %s, now(), now(), now())
"""
# Cars whose customers were told leave, so that what was told of them ends while others are told of.
_LEAVE = """
update work_order set closed_at = now(), stage = 'delivered', stage_entered_at = now(), updated_at = now()
where site = %s and stage = 'ready'
    and work_order in (select work_order from outbox_message where state = 'sent')
"""
_RAISED = """
select payload ->> 'rule', (payload ->> 'step')::int, work_order, count(*)
from outbox_message where event_key like 'rule/%%' group by 1, 2, 3
"""
_LINKS = "select work_order, count(*) from outbox_message where payload ->> 'with_link' = 'true' group by 1"

# A rule, its step, and the work order it tells of.
Telling = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """What rules had to tell, and what they told: not at all, once too often, or what was never due.

    `links` are those to customers' own pages that no message, or more than one, belongs to.
    """

    cars: int
    due: int
    missing: int
    twice: int
    undue: int
    links: int

    @property
    def balanced(self) -> bool:
        """Say whether everything was told once."""
        return not (self.missing or self.twice or self.undue or self.links)

    def __str__(self) -> str:
        return (
            f"rules: {self.cars:,} cars came in, of which {self.due:,} messages were due;"
            f" missing {self.missing}, twice {self.twice}, never due {self.undue};"
            f" links without their one message {self.links}"
        )


class Shop:
    """A site into which cars come."""

    def __init__(self, connection: psycopg.Connection, site: str, chance: random.Random) -> None:
        self._connection = connection
        self._site = site
        self._chance = chance
        self._due: set[Telling] = set()
        self._cars: dict[str, str] = {}

    def let_in(self) -> None:
        """Let some cars in and those leave that were told of, and announce it as ingest does."""
        known = len(self._cars)
        news = {
            f"RO-{known + number}": self._chance.choice(list(_TOLD_IN))
            for number in range(self._chance.randint(1, _MOST_CARS))
        }
        with self._connection.transaction():
            self._connection.execute(_LEAVE, [self._site])
            for work_order, stage in news.items():
                self._connection.execute(_ENTER, [self._site, work_order, stage])
            announce_change(self._connection, BoardChange(self._site))
        self._cars |= news
        self._due |= {(rule, step, car) for car, stage in news.items() for rule, step in _TOLD_IN[stage]}

    def count(self) -> Tally:
        """Compare what was told with what was due."""
        rows = self._connection.execute(_RAISED).fetchall()
        told: dict[Telling, int] = {(rule, step, car): number for rule, step, car, number in rows}
        links = Counter(dict[str, int](self._connection.execute(_LINKS).fetchall()))
        linked = Counter({car: number for (rule, _, car), number in told.items() if rule == "pickup"})
        return Tally(
            cars=len(self._cars),
            due=len(self._due),
            missing=len(self._due - told.keys()),
            twice=sum(number > 1 for number in told.values()),
            undue=len(told.keys() - self._due),
            links=((links - linked) + (linked - links)).total(),
        )
