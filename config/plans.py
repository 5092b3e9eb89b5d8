"""The workshop's service plans and how its customers are reminded: `[[plan]]` and `[reminders]`.

Owns their shape in the workshop file and what makes a plan an error. Refuses items that nothing
can close or that never come due, and two plans of which neither is narrower for the same vehicles.
"""

from collections.abc import Iterator, Sequence
from datetime import time
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.kit.words import Names

Key = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")]
Km = Annotated[float, Field(gt=0, le=1_000_000)]
Months = Annotated[int, Field(gt=0, le=240)]
Days = Annotated[int, Field(ge=0, le=730)]


class PlanItem(BaseModel):
    """Something that comes due by distance, by time, or by whichever is first.

    Reckoned from when it was last done, or, `from = "in_service"`, from the vehicle's first day on. Any
    job of a closed work order that is named in `done_by`, by code or operation, has done it; `type:…`
    names a type of job.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]
    first_km: Km | None = None
    first_months: Months | None = None
    every_km: Km | None = None
    every_months: Months | None = None
    anchor: Annotated[Literal["done", "in_service"], Field(alias="from")] = "done"
    done_by: list[Annotated[str, Field(min_length=1)]] = []

    @model_validator(mode="after")
    def _can_come_due(self) -> Self:
        if not any((self.first_km, self.first_months, self.every_km, self.every_months)):
            raise ValueError(
                f"{self.key} never comes due: give it first_km, first_months, every_km or every_months"
            )
        if self.anchor == "in_service" and self.every_km:
            raise ValueError(f"{self.key}: what counts from in_service comes again by time, not by every_km")
        comes_again = self.every_km or self.every_months
        if self.anchor == "done" and comes_again and not self.done_by:
            raise ValueError(f"{self.key} comes again once it was done: name in done_by the jobs that do it")
        return self

    def name(self, lang: str) -> str:
        """Return the item's name in a language."""
        return self.zh if lang == "zh" else self.en


class ServicePlan(BaseModel):
    """The items of the vehicles of some makes, models and powertrains; what is not named is any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    make: Names | None = None
    model: Names | None = None
    powertrain: Names | None = None
    # What a vehicle is driven before it is known better.
    km_per_day: Annotated[float, Field(gt=0, le=1000)] = 38.0
    items: Annotated[list[PlanItem], Field(alias="item", min_length=1)]

    @model_validator(mode="after")
    def _items_are_unique(self) -> Self:
        keys = [item.key for item in self.items]
        if repeated := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"item named more than once: {', '.join(repeated)}")
        return self

    def overlaps(self, other: "ServicePlan") -> bool:
        """Say whether some vehicle fits both plans and neither is narrower."""
        mine, others = (self.make, self.model, self.powertrain), (other.make, other.model, other.powertrain)
        if [names is None for names in mine] != [names is None for names in others]:
            return False
        return all(a is None or b is None or _lower(a) & _lower(b) for a, b in zip(mine, others, strict=True))


class ReminderRules(BaseModel):
    """How long before, when and to whom reminders are given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    km_before: Annotated[float, Field(ge=0)] = 500.0
    first_days_before: Days = 30
    second_days_before: Days = 7
    overdue_after_days: Days = 14
    # What is longer over is shown, but nobody is told any more.
    too_late_after_days: Days = 90
    # Messages leave between these, on days on which the site is open.
    not_before: time = time(9, 0)
    not_after: time = time(19, 0)
    # opt_out: customers are told unless they said no; opt_in: only if they said yes.
    consent: Literal["opt_out", "opt_in"] = "opt_out"
    # A customer with so many hours sold within two years is called by the advisor instead of written to.
    call_from_hours: Annotated[float, Field(gt=0)] | None = None
    full_pass_hours: Annotated[float, Field(gt=0)] = 6.0

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        if self.not_after <= self.not_before:
            raise ValueError(
                f"not_after {self.not_after:%H:%M} is not after not_before {self.not_before:%H:%M}"
            )
        if self.second_days_before >= self.first_days_before:
            raise ValueError("second_days_before must be less than first_days_before")
        return self


def find_overlaps(plans: Sequence[ServicePlan]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield where a plan fits the same vehicles as one before it without being narrower, and a sentence."""
    for (_, first), (number, second) in combinations(enumerate(plans), 2):
        if first.overlaps(second):
            yield ("plan", number), f"{second.key} fits vehicles of {first.key}, and neither is narrower"


def _lower(names: Sequence[str]) -> set[str]:
    return {name.lower() for name in names}
