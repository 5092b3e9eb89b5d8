"""The devices of a site and what each says: facts in, messages of the contract out.

Owns which device notices what: the scanner of the bay, the tablet at the reception for what
has no bay, the diagnostic tools, the telematics gateway, the dealer system. Publishes
nothing and waits for nothing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

from msgspec import UNSET

from config.workshop import Site
from models.contract import payloads
from models.contract.payloads import Message
from models.contract.topics import Kind, Source, Topic
from simulators import facts
from simulators.devices.message_ids import make_ulid, write_base32
from simulators.facts import Fact
from simulators.pace import Timing
from simulators.vehicles import Car

# What devices of a kind run; a few are always one behind.
_FIRMWARE = {
    Source.SCANNER: ("2.4.1", "2.3.0"),
    Source.DIAGNOSTIC: ("11.02", "10.9"),
    Source.TELEMATICS: ("5.1.3", "5.1.3"),
    Source.DMS: ("2026.10", "2026.10"),
}
_ONE_BEHIND_PERCENT = 15
_RUNS_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_BAYS_PER_TOOL = 4
_CALIBRATED_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a site: something with a name that publishes."""

    site: str
    source: Source
    name: str

    @property
    def firmware(self) -> str:
        """Return the version of what it runs, which is the same at every start."""
        current, before = _FIRMWARE[self.source]
        return before if crc32(self.name.encode()) % 100 < _ONE_BEHIND_PERCENT else current

    def name_topic(self, kind: Kind) -> Topic:
        """Return where it publishes messages of a kind."""
        return Topic(self.site, self.source, self.name, kind)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a device will publish it."""

    device: Device
    kind: Kind
    payload: Message


class SiteDevices:
    """All devices of a site, `scanners` by bay; remembers only how many messages each has made."""

    def __init__(self, site: Site, seed: str, timing: Timing) -> None:
        self._seed = seed
        self._timing = timing
        self._sent: Counter[Device] = Counter()
        self.scanners = {bay.key: Device(site.key, Source.SCANNER, f"bay-{bay.key}") for bay in site.bays}
        self._tablet = Device(site.key, Source.SCANNER, "reception")
        self._tools = [
            Device(site.key, Source.DIAGNOSTIC, f"diag-{n}")
            for n in range(1, max(1, round(len(site.bays) / _BAYS_PER_TOOL)) + 1)
        ]
        self._gateway = Device(site.key, Source.TELEMATICS, "gateway")
        self._dms = Device(site.key, Source.DMS, "dms")
        minutes = (timing.started_at - _RUNS_BEGIN) // timedelta(minutes=1)
        self._run = write_base32(minutes % 32**4, 4)

    @property
    def all(self) -> list[Device]:
        """Return every device, each of which is online or offline."""
        return [*self.scanners.values(), self._tablet, *self._tools, self._gateway, self._dms]

    def name_order(self, order: int) -> str:
        """Return the number of a work order; two runs into one database do not share any."""
        return f"RO-{self._run}-{order}"

    def say(self, fact: Fact, at: datetime | None = None) -> Iterator[Outgoing]:
        """Say what the devices publish when a fact happens; `at` is its instant, where it is known."""
        at = at or self._timing.tell_time(fact.at_seconds)
        match fact:
            case facts.StageEntered():
                yield self._scan_stage(fact, at)
            case facts.LabourClocked():
                yield self._scan_labour(fact, at)
            case facts.ReportMade():
                yield self._report(fact, at)
            case facts.OdometerRead():
                yield self._read_odometers(fact, at)
            case facts.OrderOpened():
                yield self._open_order(fact, at)
            case facts.OrderUpdated():
                yield self._update_order(fact, at)
            case facts.OrderCancelled():
                yield self._cancel_order(fact, at)

    def _name_message(self, device: Device, at: datetime) -> str:
        self._sent[device] += 1
        return make_ulid(at, f"{self._seed}/{device.name}/{self._sent[device]}")

    def _find_scanner(self, bay: str | None) -> Device:
        return self.scanners[bay] if bay else self._tablet

    def _scan_stage(self, fact: facts.StageEntered, at: datetime) -> Outgoing:
        device = self._find_scanner(fact.bay)
        scan = payloads.StageScan(
            id=self._name_message(device, at),
            at=at,
            work_order=self.name_order(fact.order),
            stage=fact.stage,
            bay=fact.bay,
            technician=fact.technician,
            operation=fact.operation,
            reason=fact.reason,
        )
        return Outgoing(device, Kind.STAGE, scan)

    def _scan_labour(self, fact: facts.LabourClocked, at: datetime) -> Outgoing:
        device = self._find_scanner(fact.bay)
        scan = payloads.LabourScan(
            id=self._name_message(device, at),
            at=at,
            work_order=self.name_order(fact.order),
            job=fact.job,
            technician=fact.technician,
            action=fact.action,
            bay=fact.bay,
        )
        return Outgoing(device, Kind.LABOUR, scan)

    def _report(self, fact: facts.ReportMade, at: datetime) -> Outgoing:
        device = self._tools[fact.tool % len(self._tools)]
        calibrated_until = (self._timing.started_at + _CALIBRATED_FOR).date()
        report = payloads.DiagnosticReport(
            id=self._name_message(device, at),
            at=at,
            vin=fact.car.vin,
            work_order=self.name_order(fact.order),
            odometer=payloads.Odometer(value=fact.car.reckon_km(at), unit="km"),
            # The first code is the fault; what follows from it has not been confirmed by a second drive.
            dtcs=tuple(
                payloads.TroubleCode(code=code, status="pending" if n else "confirmed")
                for n, code in enumerate(fact.codes)
            ),
            measurements=tuple(
                payloads.Measurement(name=name, value=value, unit=unit)
                for name, value, unit in fact.measurements
            ),
            tool=payloads.Tool(serial=f"X431-{device.name[-1]:0>4}", calibration_due=calibrated_until),
        )
        return Outgoing(device, Kind.REPORT, report)

    def _read_odometers(self, fact: facts.OdometerRead, at: datetime) -> Outgoing:
        """Choose the shape by what there is: one reading, many of one car, or many cars."""
        message_id = self._name_message(self._gateway, at)
        read = [(car, self._timing.tell_time(seconds)) for seconds, car in fact.readings]
        vin = read[0][0].vin
        message: Message
        if len(read) == 1:
            odometer = payloads.Odometer(value=read[0][0].reckon_km(read[0][1]), unit="km")
            message = payloads.OdometerReading(id=message_id, at=read[0][1], vin=vin, odometer=odometer)
        elif all(car.vin == vin for car, _ in read):
            buffered = tuple(payloads.Reading(at=then, value=car.reckon_km(then)) for car, then in read)
            message = payloads.VehicleReadings(id=message_id, vin=vin, unit="km", readings=buffered)
        else:
            fleet = tuple(
                payloads.FleetReading(vin=car.vin, at=then, value=car.reckon_km(then)) for car, then in read
            )
            message = payloads.FleetReadings(id=message_id, unit="km", readings=fleet)
        return Outgoing(self._gateway, Kind.ODOMETER, message)

    def _open_order(self, fact: facts.OrderOpened, at: datetime) -> Outgoing:
        owner = fact.car.owner
        change = payloads.WorkOrderChange(
            id=self._name_message(self._dms, at),
            at=at,
            work_order=self.name_order(fact.order),
            change="opened",
            vehicle=_describe_vehicle(fact.car),
            customer=payloads.Customer(ref=owner.ref, name=owner.name, phone=owner.phone, waiting=fact.waits),
            job_type=fact.job_type,
            advisor=fact.advisor,
            promised_at=self._timing.tell_time(fact.promised_seconds),
            lines=_list_lines(fact.lines),
        )
        return Outgoing(self._dms, Kind.WORK_ORDER, change)

    def _update_order(self, fact: facts.OrderUpdated, at: datetime) -> Outgoing:
        promised = fact.promised_seconds
        change = payloads.WorkOrderChange(
            id=self._name_message(self._dms, at),
            at=at,
            work_order=self.name_order(fact.order),
            change="updated",
            promised_at=UNSET if promised is None else self._timing.tell_time(promised),
            lines=UNSET if fact.lines is None else _list_lines(fact.lines),
            parts=UNSET if fact.parts is None else tuple(map(self._describe_part, fact.parts)),
        )
        return Outgoing(self._dms, Kind.WORK_ORDER, change)

    def _cancel_order(self, fact: facts.OrderCancelled, at: datetime) -> Outgoing:
        change = payloads.WorkOrderChange(
            id=self._name_message(self._dms, at),
            at=at,
            work_order=self.name_order(fact.order),
            change="cancelled",
        )
        return Outgoing(self._dms, Kind.WORK_ORDER, change)

    def _describe_part(self, part: facts.Part) -> payloads.PartLine:
        eta = None if part.eta_seconds is None else self._timing.tell_time(part.eta_seconds)
        return payloads.PartLine(part=part.number, description=part.description, status=part.status, eta=eta)


def _describe_vehicle(car: Car) -> payloads.Vehicle:
    return payloads.Vehicle(
        vin=car.vin,
        plate=car.plate,
        make=car.model.make,
        model=car.model.name,
        year=car.in_service_on.year,
        powertrain=car.model.powertrain,
        in_service_on=car.in_service_on,
    )


def _list_lines(lines: tuple[facts.Line, ...]) -> tuple[payloads.JobLine, ...]:
    return tuple(payloads.JobLine(job=line.job, operation=line.operation, hours=line.hours) for line in lines)
