"""How long each class of data is kept, and after how long it is compressed: `[store]` of the workshop file.

Owns the classes, their defaults, and the least each may be kept so that nothing that reads it
lacks what it needs. Stage intervals, work orders, vehicles and daily rollups are in no class:
they are kept for ever. Knows nothing of tables or databases.
"""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

# A century; more is "forever".
_LONGEST_DAYS = 36500


def _days_or(word: str) -> BeforeValidator:
    def read(value: object) -> object:
        if value == word:
            return None
        if isinstance(value, timedelta):
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value > _LONGEST_DAYS:
            raise ValueError(f'must be a whole number of days or "{word}"')
        return timedelta(days=value)

    return BeforeValidator(read)


def _at_least(days: int) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, timedelta) and value < timedelta(days=days):
            raise ValueError(f"must be at least {days} days")
        return value

    return BeforeValidator(check)


# Data younger than this still changes: late messages come, odometers are judged.
_FINISHED = 7

_Compressed = Annotated[timedelta | None, _at_least(_FINISHED), _days_or("never")]


class _Class(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _CompressedClass(_Class):
    keep: timedelta | None
    compress_after: Annotated[_Compressed, Field(alias="compress_after_days")] = timedelta(days=90)

    @model_validator(mode="after")
    def _compresses_before_it_drops(self) -> Self:
        if self.keep and self.compress_after and self.compress_after >= self.keep:
            raise ValueError("compress_after_days must be less than keep_days")
        return self


class Scans(_CompressedClass):
    """Stage and labour scans, from which a work order that changes is reckoned anew."""

    keep: Annotated[timedelta | None, _at_least(366), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=3650)
    )


class Diagnostics(_CompressedClass):
    """Diagnostic reports and their trouble codes."""

    keep: Annotated[timedelta | None, _at_least(30), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=1825)
    )


class Odometer(_CompressedClass):
    """Raw odometer readings. The daily rate looks back 90 days; mileage by day is kept for ever."""

    keep: Annotated[timedelta | None, _at_least(120), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=400)
    )
    compress_after: Annotated[_Compressed, Field(alias="compress_after_days")] = timedelta(days=30)


class DeviceStatus(_Class):
    """When devices came online and went offline; each device's newest is kept for ever."""

    keep: Annotated[timedelta | None, _at_least(1), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=90)
    )


class Quarantine(_Class):
    """Refused messages: the replayed and discarded from then on, the others from their arrival."""

    keep: Annotated[timedelta | None, _at_least(1), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=90)
    )
    keep_unsettled: Annotated[
        timedelta | None, _at_least(7), _days_or("forever"), Field(alias="keep_unsettled_days")
    ] = timedelta(days=400)


class Timeless(_Class):
    """When messages without a time first came, so that a redelivery bears the same time."""

    keep: Annotated[timedelta | None, _at_least(7), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=60)
    )


class Audit(_Class):
    """The audit trail: who did what. Laws ask for logs of at least half a year."""

    keep: Annotated[timedelta | None, _at_least(180), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=1095)
    )


class Customers(_Class):
    """Who a visit was for: names, phones, numbers and plates, counted from when the visit was over."""

    keep: Annotated[timedelta | None, _at_least(30), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=1825)
    )


class Outbox(_Class):
    """Messages to people that were sent, withdrawn or given up, from then on."""

    keep: Annotated[timedelta | None, _at_least(7), _days_or("forever"), Field(alias="keep_days")] = (
        timedelta(days=400)
    )


class StoreRules(_Class):
    """What `[store]` says, by class of data; None is for ever, or never."""

    scans: Scans = Scans()
    diagnostics: Diagnostics = Diagnostics()
    odometer: Odometer = Odometer()
    device_status: DeviceStatus = DeviceStatus()
    quarantine: Quarantine = Quarantine()
    timeless: Timeless = Timeless()
    audit: Audit = Audit()
    customers: Customers = Customers()
    outbox: Outbox = Outbox()
