"""Service plans: the items that come due, which vehicles they are for, and which jobs do them.

Owns the choice of a vehicle's plan and of when an item was last done. Pure; it knows neither the workshop
file nor the database. When an item is due next is `models.domain.service.due`'s.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Item:
    """Something of a plan that comes due: by distance, by time, or by whichever is first.

    Reckoned from when it was last done, or, when `anchor` is in_service, from the vehicle's first day
    on, whoever did it. Without `every_…` it comes once. `jobs` are what does it, in lower case.
    """

    key: str
    first_km: float | None = None
    first_months: int | None = None
    every_km: float | None = None
    every_months: int | None = None
    anchor: Literal["done", "in_service"] = "done"
    jobs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """The items of some makes, models and powertrains; an empty set means any."""

    key: str
    km_per_day: float
    items: tuple[Item, ...]
    makes: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    powertrains: frozenset[str] = frozenset()

    @property
    def narrowness(self) -> tuple[bool, bool, bool]:
        """Order plans: one that names models before one that names makes, before one of powertrains."""
        return bool(self.models), bool(self.makes), bool(self.powertrains)


@dataclass(frozen=True, slots=True)
class Done:
    """When an item was last done, at which mileage, and by which work order."""

    on: date
    km: float | None
    order: str


def choose_plan(
    plans: Iterable[Plan], make: str | None, model: str | None, powertrain: str | None
) -> Plan | None:
    """Return the narrowest plan that fits a vehicle; None where none does."""
    fitting = [
        plan
        for plan in plans
        if _fits(plan.makes, make) and _fits(plan.models, model) and _fits(plan.powertrains, powertrain)
    ]
    return max(fitting, key=lambda plan: plan.narrowness, default=None)


def find_done(item: Item, done: Mapping[str, Done]) -> Done | None:
    """Return when an item was last done, of what was done on a vehicle by job."""
    found = [done[job] for job in item.jobs if job in done]
    return max(found, key=lambda each: (each.on, each.order), default=None)


def _fits(names: Collection[str], name: str | None) -> bool:
    return not names or (name or "").lower() in names
