"""What odometers of the simulated park say over years, with the faults of the simulator, and the truth.

Owns when cars are read: connected ones by telematics every few days at any hour, all of them by a
diagnostic tool at every visit. What they show is the park's, what goes wrong is `simulators.devices.faults`'.
Faults begin after a clean first part; a car whose first reading comes later may be wrong from the first on,
and looks like a car that is driven less.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from models.contract.payloads import DiagnosticReport, Odometer, OdometerReading
from models.contract.topics import Kind, Source
from models.domain.odometer.limits import TOLERANCE_KM
from models.domain.odometer.reading import KM_PER_UNIT, Reading
from simulators.chance import open_stream
from simulators.devices.faults import Place
from simulators.devices.message_ids import make_ulid
from simulators.devices.sending import Sending, send
from simulators.devices.site_devices import Device, Outgoing
from simulators.devices.spoil import Faults
from simulators.vehicles import Car, make_car

SITE = "bench"
_GATEWAY = Device(SITE, Source.TELEMATICS, "gateway")
_TOOLS = tuple(Device(SITE, Source.DIAGNOSTIC, f"diag-{number}") for number in (1, 2, 3))
# 960 of a park of 5,000 are asked every day, so each connected car about every fifth.
_TELEMATICS_DAYS, _VISIT_DAYS = 5.2, 120.0
_ON_THE_ROAD = timedelta(seconds=2)
# A right reading may be off by what clocks and whole miles make of it, as in the judgement.
RIGHT_WITHIN_KM = TOLERANCE_KM

Faulty = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Told:
    """A reading as it reaches us, what the car had really driven, and the faults it met."""

    reading: Reading
    true_km: float
    faults: tuple[str, ...]

    @property
    def is_wrong(self) -> bool:
        """Say whether it shows another mileage than the car's."""
        return abs(self.reading.km - self.true_km) > RIGHT_WITHIN_KM


@dataclass(frozen=True, slots=True)
class CarStory:
    """A car and everything that was told of its odometer, in the order of arrival."""

    car: Car
    told: tuple[Told, ...]


def tell_stories(
    seed: str, cars: int, began_at: datetime, days: int, *, faulty: Faulty, faults_after_days: int
) -> Iterator[CarStory]:
    """Tell of every car of a park; faults strike from so many days after the beginning on."""
    faults = Faults(faulty, Place(seed, began_at + timedelta(days=faults_after_days), 1.0, {}))
    spoilt_from = began_at + timedelta(days=faults_after_days)
    for number in range(cars):
        car = make_car(seed, number)
        told: list[tuple[datetime, Told]] = []
        for at, outgoing in _read_car(seed, car, began_at, days):
            sending = send(outgoing, at)
            spoilt = faults.spoil(sending) if at >= spoilt_from else [sending]
            told += [(each.sent_at, _hear(each, car)) for each in spoilt]
        told.sort(key=lambda pair: pair[0])
        once = {
            (each.reading.device, each.reading.event_id, each.reading.at): each for _, each in reversed(told)
        }
        yield CarStory(car, tuple(sorted(once.values(), key=_heard_at)))


def _heard_at(told: Told) -> datetime:
    return told.reading.received_at or told.reading.at


def _read_car(seed: str, car: Car, began_at: datetime, days: int) -> Iterator[tuple[datetime, Outgoing]]:
    rng = open_stream(f"{seed}/read/{car.number}")
    schedule = [(at, rng.choice(_TOOLS)) for at in _draw_times(rng, began_at, days, _VISIT_DAYS)]
    if car.connected:
        schedule += [(at, _GATEWAY) for at in _draw_times(rng, began_at, days, _TELEMATICS_DAYS)]
    for at, device in schedule:
        if at.date() < car.in_service_on:
            continue
        message_id = make_ulid(at, f"{seed}/{car.number}/{at}")
        shown = Odometer(value=car.reckon_km(at), unit="km")
        if device is _GATEWAY:
            reading = OdometerReading(id=message_id, at=at, vin=car.vin, odometer=shown)
            yield at, Outgoing(device, Kind.ODOMETER, reading)
        else:
            report = DiagnosticReport(id=message_id, at=at, vin=car.vin, odometer=shown)
            yield at, Outgoing(device, Kind.REPORT, report)


def _draw_times(rng: Random, began_at: datetime, days: int, apart_days: float) -> Iterator[datetime]:
    at = rng.expovariate(1 / apart_days)
    while at < days:
        yield began_at + timedelta(seconds=round(at * 86_400))
        at += rng.expovariate(1 / apart_days)


def _hear(sending: Sending, car: Car) -> Told:
    message = sending.payload
    if not isinstance(message, OdometerReading | DiagnosticReport) or message.odometer is None:
        raise TypeError(f"{message} is no reading of one odometer")
    reading = Reading(
        at=message.at,
        km=message.odometer.value * KM_PER_UNIT[message.odometer.unit],
        device=sending.device.name,
        event_id=message.id,
        received_at=sending.sent_at + _ON_THE_ROAD,
    )
    return Told(reading, car.reckon_km(sending.happened_at), sending.faults)
