"""What goes wrong between a device and the broker: one class for each fault.

Owns what a fault does to a message and whom it strikes. Everything is drawn from the seed, the
fault's name and the message, vehicle, order or device it may strike, so that one fault more
moves no other. Pure. Which faults there are in a run, and in which order, is `simulators.devices.spoil`'s.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import ClassVar

import msgspec
from msgspec import structs

from models.contract.payloads import DiagnosticReport, LabourScan, StageScan, WorkOrderChange
from models.domain.odometer.reading import KM_PER_UNIT
from simulators.chance import open_stream
from simulators.devices.message_ids import make_ulid
from simulators.devices.sending import Convert, Sending, Unit, change_odometers, shift_times
from simulators.devices.site_devices import Device
from simulators.opening import HOUR


@dataclass(frozen=True, slots=True)
class Place:
    """Where faults happen: a site's seed, when its run began and how fast it is, its scanners by bay."""

    seed: str
    started_at: datetime
    speed: float
    scanners: Mapping[str, Device]

    def last(self, simulated_seconds: float) -> timedelta:
        """Return how long something of the shop takes in our time."""
        return timedelta(milliseconds=round(simulated_seconds / self.speed * 1000))

    def reckon_seconds(self, at: datetime) -> float:
        """Return how many simulated seconds after the start an instant is."""
        return (at - self.started_at).total_seconds() * self.speed


class Fault:
    """A fault; `rate` is the share of what it may strike that it does strike."""

    name: ClassVar[str]
    per: ClassVar[str]
    some: ClassVar[float]
    """What is believable of an ordinary workshop."""

    def __init__(self, rate: float, place: Place) -> None:
        self._rate = rate
        self._place = place

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Yield what becomes of a message."""
        raise NotImplementedError

    def skew(self, _device: str, _now: datetime) -> timedelta:
        """Return how far the clock of a device is ahead."""
        return timedelta()

    def _strikes(self, what: object) -> Random | None:
        """Return chance to go on with when it strikes a message, vehicle, order or device; else None."""
        rng = open_stream(f"{self._place.seed}/{self.name}/{what}")
        return rng if rng.random() < self._rate else None

    def _mark(self, sending: Sending) -> Sending:
        return replace(sending, faults=(*sending.faults, self.name))


class _OdometerFault(Fault):
    """A fault that changes what odometers show."""

    unit: ClassVar[Unit | None] = None

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Yield the message with its odometers changed, or as it is where none is."""
        changed = change_odometers(sending.payload, self._convert(sending), self.unit)
        yield sending if changed == sending.payload else self._mark(replace(sending, payload=changed))

    def _convert(self, sending: Sending) -> Convert:
        raise NotImplementedError


class ClusterSwap(_OdometerFault):
    """The instrument cluster is replaced and begins to count anew."""

    name, per, some = "cluster-swap", "vehicle", 0.003

    def __init__(self, rate: float, place: Place) -> None:
        super().__init__(rate, place)
        self._begun: dict[str, float] = {}

    def _convert(self, _sending: Sending) -> Convert:
        def convert(vin: str, at: datetime, value: float) -> float:
            rng = self._strikes(vin)
            if rng is None or self._place.reckon_seconds(at) < rng.uniform(0, 4 * HOUR):
                return value
            return max(0.0, value - self._begun.setdefault(vin, value - rng.randrange(50)))

        return convert


class Rollback(_OdometerFault):
    """Somebody sets an odometer back before selling the car."""

    name, per, some = "rollback", "vehicle", 0.003

    def _convert(self, _sending: Sending) -> Convert:
        def convert(vin: str, at: datetime, value: float) -> float:
            rng = self._strikes(vin)
            if rng is None or self._place.reckon_seconds(at) < rng.uniform(0, 4 * HOUR):
                return value
            return float(round(value * rng.uniform(0.4, 0.9)))

        return convert


class ExtraDigit(_OdometerFault):
    """A reading is typed into the diagnostic tool with one digit too many."""

    name, per, some = "extra-digit", "report", 0.01

    def _convert(self, sending: Sending) -> Convert:
        report = isinstance(sending.payload, DiagnosticReport)
        rng = self._strikes(sending.key) if report else None
        return lambda _vin, _at, value: value * 10 + rng.randrange(10) if rng else value


class UndeclaredMiles(_OdometerFault):
    """A cluster counts miles, and whoever reads it calls them kilometres."""

    name, per, some = "undeclared-miles", "vehicle", 0.005

    def _convert(self, _sending: Sending) -> Convert:
        return lambda vin, _at, value: (
            float(round(value / KM_PER_UNIT["mi"])) if self._strikes(vin) else value
        )


class _DeclaredUnit(_OdometerFault):
    """A message gives distances in another unit, and says so: an ordinary thing, and no error."""

    per = "message"
    unit: ClassVar[Unit] = "km"

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Yield the message in the other unit, when it strikes."""
        if self._strikes(sending.key):
            yield from super().spoil(sending)
        else:
            yield sending

    def _convert(self, _sending: Sending) -> Convert:
        return lambda _vin, _at, value: round(value / KM_PER_UNIT[self.unit], 1)


class Miles(_DeclaredUnit):
    """Distances are in miles, and declared so."""

    name, some, unit = "miles", 0.02, "mi"


class Metres(_DeclaredUnit):
    """Distances are in metres, and declared so."""

    name, some, unit = "metres", 0.05, "m"


class Unregistered(Fault):
    """The dealer system never says anything of an order."""

    name, per, some = "unregistered", "work order", 0.01

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Lose everything about the order."""
        change = sending.payload
        # The number alone: what stands before it is the run's.
        if isinstance(change, WorkOrderChange) and self._strikes(change.work_order.rpartition("-")[2]):
            yield self._mark(replace(sending, lost=True))
        else:
            yield sending


class MissedScanOut(Fault):
    """Nobody scans that a car left its bay, or that a technician stopped working."""

    name, per, some = "missed-scan-out", "scan that ends something", 0.02

    def __init__(self, rate: float, place: Place) -> None:
        super().__init__(rate, place)
        self._bays: dict[str, str | None] = {}

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Lose the scan, if it ends a stay in a bay or a span of labour."""
        ends = self._ends(sending)
        yield self._mark(replace(sending, lost=True)) if ends and self._strikes(sending.key) else sending

    def _ends(self, sending: Sending) -> bool:
        match sending.payload:
            case LabourScan(action="off"):
                return True
            case StageScan(work_order=order, bay=bay):
                before = self._bays.get(order)
                self._bays[order] = bay
                return before is not None and bay is None
        return False


class WrongBay(Fault):
    """A technician scans the next bay's code, notices, and scans again."""

    name, per, some = "wrong-bay", "scan in a bay", 0.02
    # Stages last a minute at least, so that the second scan still belongs to the same one.
    _NOTICED_SECONDS = (10.0, 50.0)

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Yield a scan in another bay, and after a moment the right one."""
        rng = self._strikes(sending.key)
        wrong = self._misplace(sending, rng) if rng else None
        if not rng or not wrong:
            yield sending
            return
        later = self._place.last(rng.uniform(*self._NOTICED_SECONDS))
        right = replace(sending, payload=shift_times(sending.payload, later)).delay(later)
        scan = wrong.payload
        if isinstance(scan, StageScan):
            first = make_ulid(scan.at, f"{sending.key}/{self.name}")
            yield self._mark(replace(wrong, payload=structs.replace(scan, id=first)))
        yield self._mark(right)

    def _misplace(self, sending: Sending, rng: Random) -> Sending | None:
        scan = sending.payload
        if not isinstance(scan, StageScan) or scan.bay is None or scan.technician is None:
            return None
        others = sorted(set(self._place.scanners) - {scan.bay})
        if not others:
            return None
        bay = rng.choice(others)
        return replace(sending, device=self._place.scanners[bay], payload=structs.replace(scan, bay=bay))


class UnnoticedBay(WrongBay):
    """A technician scans another bay's code and does not notice."""

    name, some = "unnoticed-bay", 0.002

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Yield the scan in another bay only."""
        rng = self._strikes(sending.key)
        wrong = self._misplace(sending, rng) if rng else None
        yield self._mark(wrong) if wrong else sending


class ClockDrift(Fault):
    """A device's clock is off by up to four minutes, and by more every day."""

    name, per, some = "clock-drift", "device", 0.15
    _OFF_SECONDS = (5.0, 240.0)
    _DRIFT = 5e-5  # a cheap quartz in a hot workshop, four seconds a day

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Yield the message with the times that its device believes in."""
        skew = self.skew(sending.device.name, sending.happened_at)
        yield (self._mark(replace(sending, payload=shift_times(sending.payload, skew))) if skew else sending)

    def skew(self, device: str, now: datetime) -> timedelta:
        """Return how far the clock is ahead, in whole milliseconds."""
        rng = self._strikes(device)
        if rng is None:
            return timedelta()
        side = rng.choice((-1, 1))
        off = rng.uniform(*self._OFF_SECONDS) + self._DRIFT * (now - self._place.started_at).total_seconds()
        return timedelta(milliseconds=round(1000 * side * off))


class WrongZone(ClockDrift):
    """A device shows the right time in a wrong zone: so many whole hours off."""

    name, some = "wrong-zone", 0.03
    _HOURS = (-8, -1, 1, 8)

    def skew(self, device: str, _now: datetime) -> timedelta:
        """Return how far the clock is ahead."""
        rng = self._strikes(device)
        return timedelta(hours=rng.choice(self._HOURS)) if rng else timedelta()


class Malformed(Fault):
    """A message arrives cut off, without its id or as noise."""

    name, per, some = "malformed", "message", 0.003

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Yield the message with bytes that nobody can read."""
        rng = self._strikes(sending.key)
        yield self._mark(replace(sending, raw=_garble(sending, rng))) if rng else sending


def _garble(sending: Sending, rng: Random) -> bytes:
    whole = sending.write()
    fields: dict[str, object] = msgspec.to_builtins(sending.payload)
    del fields["id"]
    cut = whole[: rng.randrange(len(whole) // 4, len(whole) - 1)]
    noise = b"\xff\xfe" + rng.randbytes(12)
    return rng.choice((cut, msgspec.json.encode(fields), noise))


class SilentDevice(Fault):
    """A device goes silent and is not heard again."""

    name, per, some = "silent-device", "device", 0.01
    _WITHIN_SECONDS = 4 * HOUR

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Lose everything from some moment on."""
        rng = self._strikes(sending.device.name)
        silent = rng and self._place.reckon_seconds(sending.happened_at) > rng.uniform(
            0, self._WITHIN_SECONDS
        )
        yield self._mark(replace(sending, lost=True)) if silent else sending


class LateBuffer(Fault):
    """A device is offline for hours and then sends what it has kept, all at once."""

    name, per, some = "late-buffer", "device and eight hours", 0.06
    _SPAN_SECONDS = 8 * HOUR
    _MEDIAN_SECONDS, _SIGMA, _LONGEST_SECONDS = 1.5 * HOUR, 0.5, 6 * HOUR

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Delay what is said while the device is offline until it no longer is."""
        elapsed = self._place.reckon_seconds(sending.happened_at)
        span = int(elapsed // self._SPAN_SECONDS)
        for number in (span - 1, span):
            rng = self._strikes(f"{sending.device.name}/{number}")
            if rng is None:
                continue
            begins = (number + rng.random()) * self._SPAN_SECONDS
            lasts = min(rng.lognormvariate(0.0, self._SIGMA) * self._MEDIAN_SECONDS, self._LONGEST_SECONDS)
            if begins <= elapsed < begins + lasts:
                yield self._mark(sending.delay(self._place.last(begins + lasts - elapsed)))
                return
        yield sending


class Disorder(Fault):
    """A message takes minutes longer than those after it."""

    name, per, some = "disorder", "message", 0.02
    _SECONDS = (5.0, 600.0)

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Delay the message."""
        rng = self._strikes(sending.key)
        yield self._mark(sending.delay(self._place.last(rng.uniform(*self._SECONDS)))) if rng else sending


class Duplicate(Fault):
    """A message is sent again, once or twice, up to an hour later."""

    name, per, some = "duplicate", "message", 0.01
    _SECONDS = (0.0, HOUR)

    def spoil(self, sending: Sending) -> Iterator[Sending]:
        """Yield the message, and then its copies."""
        yield sending
        rng = self._strikes((sending.key, sending.faults))
        for _ in range(rng.choice((1, 1, 2)) if rng else 0):
            yield self._mark(sending.delay(self._place.last(rng.uniform(*self._SECONDS)))) if rng else sending
