"""All faults of a run together: their names and rates, and the way of a message through them.

Owns the order: first what cars and people do, then what devices do, last what networks do. A
message that is lost meets no further fault. Refuses names it does not know, with a sentence.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from simulators.devices.faults import (
    ClockDrift,
    ClusterSwap,
    Disorder,
    Duplicate,
    ExtraDigit,
    Fault,
    LateBuffer,
    Malformed,
    Metres,
    Miles,
    MissedScanOut,
    Place,
    Rollback,
    SilentDevice,
    UndeclaredMiles,
    UnnoticedBay,
    Unregistered,
    WrongBay,
    WrongZone,
)
from simulators.devices.sending import Sending

FAULTS: tuple[type[Fault], ...] = (
    ClusterSwap,
    Rollback,
    ExtraDigit,
    UndeclaredMiles,
    Miles,
    Metres,
    Unregistered,
    MissedScanOut,
    WrongBay,
    UnnoticedBay,
    WrongZone,
    ClockDrift,
    Malformed,
    SilentDevice,
    LateBuffer,
    Disorder,
    Duplicate,
)
_MANY_FACTOR = 5.0

Rates = Mapping[str, float]


class FaultError(ValueError):
    """No such faults; the message is the sentence to say."""


def read_rates(text: str) -> Rates:
    """Read `none`, `some`, `many` or `name=rate,name=rate`; raises FaultError."""
    usual = {fault.name: fault.some for fault in FAULTS}
    match text.strip():
        case "none" | "":
            return {}
        case "some":
            return usual
        case "many":
            return {name: min(1.0, _MANY_FACTOR * rate) for name, rate in usual.items()}
    return dict(_read_rate(part.strip(), usual) for part in text.split(","))


def _read_rate(part: str, known: Rates) -> tuple[str, float]:
    name, equals, number = part.partition("=")
    if name not in known:
        raise FaultError(
            f"there is no fault {name!r}; say none, some, many, or name=rate of: {', '.join(sorted(known))}"
        )
    try:
        rate = float(number) if equals else known[name]
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise FaultError(f"{part!r}: a rate is a number between 0 and 1, as in {name}={known[name]}")
    return name, rate


class Faults:
    """The faults of one site."""

    def __init__(self, rates: Rates, place: Place) -> None:
        self._faults = [fault(rates[fault.name], place) for fault in FAULTS if rates.get(fault.name)]

    def spoil(self, sending: Sending) -> list[Sending]:
        """Return what becomes of a message: itself, changed, several times, late, or lost."""
        sendings = [sending]
        for fault in self._faults:
            sendings = [spoilt for one in sendings for spoilt in _pass(fault, one)]
        return sendings

    def skew(self, device: str, now: datetime) -> timedelta:
        """Return how far the clock of a device is ahead."""
        return sum((fault.skew(device, now) for fault in self._faults), timedelta())


def _pass(fault: Fault, sending: Sending) -> Iterator[Sending]:
    return iter((sending,)) if sending.lost else fault.spoil(sending)
