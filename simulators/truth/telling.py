"""Tells the truth of a site while it happens.

Owns when each line of `simulators.truth.lines` is written: as what it tells of is over; what is still
going on comes last, without an end.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from msgspec import structs

from models.contract.payloads import DiagnosticReport, FleetReadings, OdometerReading, VehicleReadings
from simulators.devices.sending import Sending, read_id
from simulators.devices.site_devices import Outgoing
from simulators.facts import Fact, LabourClocked, OrderFact, OrderOpened, Stage, StageEntered
from simulators.site import SimulatedSite
from simulators.truth.lines import (
    BayTruth,
    ComebackTruth,
    EndTruth,
    FaultTruth,
    LabourTruth,
    OdometerTruth,
    ReadyTruth,
    RunTruth,
    StageTruth,
    Write,
)


class SiteTruth:
    """Tells of one site while it happens; `end` tells of what is still going on."""

    def __init__(self, site: SimulatedSite, write: Write) -> None:
        self._site = site
        self._key = site.site.key
        self._write = write
        self._stages: dict[str, StageTruth] = {}
        self._bays: dict[str, BayTruth] = {}
        self._labour: dict[tuple[str, str, str], LabourTruth] = {}

    def begin(self, *, seed: int, scenario: str, faults: Mapping[str, float]) -> None:
        """Tell how the site is simulated."""
        site = self._site
        self._write(
            RunTruth(
                site=self._key,
                seed=seed,
                speed=site.timing.speed,
                scenario=scenario,
                started_at=site.timing.started_at,
                faults=faults,
                slow_bay=site.shop.slow_bay,
                slow_technician=site.shop.slow_technician,
            )
        )

    def tell(self, fact: Fact, said: Sequence[Outgoing], at: datetime) -> None:
        """Tell of a fact and what devices said of it."""
        order = self._site.devices.name_order(fact.order) if isinstance(fact, OrderFact) else ""
        match fact:
            case StageEntered():
                self._enter(fact, order, said[0], at)
            case LabourClocked():
                self._clock(fact, order, said[0], at)
            case OrderOpened(comeback_of=int(first)):
                again = self._site.devices.name_order(first)
                self._write(ComebackTruth(site=self._key, work_order=order, again=again))
        for outgoing in said:
            self._read_odometers(outgoing)

    def tell_fault(self, sending: Sending) -> None:
        """Tell of a message that met faults."""
        payload = sending.write()
        self._write(
            FaultTruth(
                site=self._key,
                faults=sending.faults,
                origin_device=sending.origin[0],
                origin_id=sending.origin[1],
                device=sending.device.name,
                id=sending.message_id,
                lost=sending.lost,
                topic=sending.topic,
                sha256=sha256(sending.topic.encode() + b"\0" + payload).hexdigest(),
            )
        )

    def end(self, at: datetime) -> None:
        """Tell of everything that has no end yet, and that this is the end."""
        for going_on in (self._stages, self._bays, self._labour):
            for line in going_on.values():
                self._write(line)
        self._write(EndTruth(site=self._key, at=at))

    def _enter(self, fact: StageEntered, order: str, scan: Outgoing, at: datetime) -> None:
        if before := self._stages.pop(order, None):
            self._write(structs.replace(before, left_at=at))
        entered = StageTruth(
            site=self._key,
            work_order=order,
            stage=fact.stage,
            bay=fact.bay,
            technician=fact.technician,
            entered_at=at,
            device=scan.device.name,
            id=read_id(scan.payload),
        )
        if fact.stage is Stage.DELIVERED:
            self._write(structs.replace(entered, left_at=at))
        else:
            self._stages[order] = entered
        if fact.stage is Stage.READY:
            self._write(ReadyTruth(site=self._key, work_order=order, at=at))
        self._stand(fact.bay, order, at)

    def _stand(self, bay: str | None, order: str, at: datetime) -> None:
        stood = self._bays.get(order)
        if stood and stood.bay == bay:
            return
        if stood:
            self._write(structs.replace(self._bays.pop(order), left_at=at))
        if bay:
            self._bays[order] = BayTruth(site=self._key, bay=bay, work_order=order, entered_at=at)

    def _clock(self, fact: LabourClocked, order: str, scan: Outgoing, at: datetime) -> None:
        key = (order, fact.job, fact.technician)
        if fact.action == "off":
            began = self._labour.pop(key)
            self._write(structs.replace(began, ended_at=at, off_id=read_id(scan.payload)))
            return
        self._labour[key] = LabourTruth(
            site=self._key,
            work_order=order,
            job=fact.job,
            technician=fact.technician,
            bay=fact.bay,
            began_at=at,
            device=scan.device.name,
            on_id=read_id(scan.payload),
        )

    def _read_odometers(self, outgoing: Outgoing) -> None:
        for vin, at, km in _list_readings(outgoing):
            self._write(
                OdometerTruth(
                    site=self._key,
                    device=outgoing.device.name,
                    id=read_id(outgoing.payload),
                    vin=vin,
                    at=at,
                    km=km,
                )
            )


def _list_readings(outgoing: Outgoing) -> list[tuple[str, datetime, float]]:
    match outgoing.payload:
        case (
            DiagnosticReport(vin=vin, at=at, odometer=odometer)
            | OdometerReading(vin=vin, at=at, odometer=odometer)
        ):
            return [(vin, at, odometer.value)] if odometer else []
        case VehicleReadings(vin=vin, readings=readings):
            return [(vin, reading.at, reading.value) for reading in readings]
        case FleetReadings(readings=fleet):
            return [(reading.vin, reading.at, reading.value) for reading in fleet]
    return []
