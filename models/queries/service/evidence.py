"""What the reminder engine reads of vehicles, and how it finds those with news.

Owns the questions; each is asked for a portion of vehicles at a time. Their order and locks are the engine's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from models.database.named import read_sql
from models.domain.odometer.reading import Correction, Reading

_NEWS = read_sql("queries/service/news")
_ORDERS = read_sql("queries/service/orders")

# The key of a reading, its vehicle first, and the verdict that is stored of it.
ReadingKey = tuple[str, str, str, str, datetime]
Stored = tuple[ReadingKey, bool | None, str | None]


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle as the work orders of a site describe it."""

    vin: str
    site: str
    make: str | None
    model: str | None
    powertrain: str | None
    in_service_on: date | None


@dataclass(frozen=True, slots=True)
class Order:
    """A visit of a vehicle with the jobs of it, in lower case; `done_at` is None until it is over."""

    vin: str
    site: str
    work_order: str
    opened_at: datetime | None
    done_at: datetime | None
    cancelled: bool
    job_type: str | None
    customer_ref: str | None
    customer_name: str | None
    customer_phone: str | None
    advisor: str | None
    updated_at: datetime
    jobs: list[str]


@dataclass(frozen=True, slots=True)
class Known:
    """The first and the last trusted mileage of a vehicle, as its last review left them, and whose it was."""

    vin: str
    site: str | None
    first_km: float | None
    first_at: datetime | None
    km: float | None
    km_at: datetime | None


@dataclass(slots=True)
class Evidence:
    """Everything that is known of one vehicle; raw readings are not kept for ever, what they said is."""

    known: Known | None = None
    vehicles: dict[str, Vehicle] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    stored: list[Stored] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    # Whose it is, if it is that of one site.
    site: str | None = None

    @property
    def owner(self) -> str | None:
        """Return the site where the vehicle was in the workshop last."""
        return self.orders[-1].site if self.orders else self.site

    @property
    def vehicle(self) -> Vehicle | None:
        """Return the vehicle as its owner describes it."""
        return choose_vehicle(self.vehicles, self.owner)

    def split(self) -> "tuple[Evidence, list[Evidence]]":
        """Return what the owner knows, and what each other site that heard the vehicle knows.

        A vehicle that was in no workshop yet is of the first site that heard it.
        """
        heard = {key[1] for key, *_ in self.stored}
        owner = self.owner or min(heard, default=None)
        return self._part(owner), [self._part(site) for site in sorted(heard - {owner})]

    def _part(self, site: str | None) -> "Evidence":
        kept = [number for number, (key, *_) in enumerate(self.stored) if key[1] == site]
        # What was remembered is of whoever the owner was then.
        known = self.known if self.known and self.known.site == (site if self.orders else None) else None
        return Evidence(
            known=known,
            vehicles={name: each for name, each in self.vehicles.items() if name == site},
            readings=[self.readings[number] for number in kept],
            stored=[self.stored[number] for number in kept],
            corrections=self.corrections,
            orders=[order for order in self.orders if order.site == site],
            site=site,
        )


def choose_vehicle(vehicles: Mapping[str, Vehicle], owner: str | None) -> Vehicle | None:
    """Return a vehicle as its owner describes it; as anybody does, where it was in no workshop yet."""
    return vehicles.get(owner) if owner else next(iter(vehicles.values()), None)


def find_unjudged(connection: Connection[Any], after: str, limit: int) -> list[str]:
    """Find the next vehicles after a VIN of which some reading has no verdict."""
    rows = connection.execute(
        "select distinct vin from odometer_reading where trusted is null and vin > %s order by vin limit %s",
        (after, limit),
    )
    return [vin for (vin,) in rows]


def find_news(connection: Connection[Any], since: datetime | None) -> list[str]:
    """Find vehicles whose work orders say more than was reviewed, or for which a review was asked.

    Orders that were closed before `since` are looked at only when it is None, in full.
    """
    return [vin for (vin,) in connection.execute(_NEWS, {"since": since})]


def lock_vehicles(connection: Connection[Any], vins: Sequence[str]) -> list[Known]:
    """Lock the rows of vehicles, made where there are none; leave out those that another engine holds."""
    connection.execute(
        "insert into vehicle_service (vin) select vin from unnest(%s::text[]) as vin order by vin"
        " on conflict do nothing",
        (list(vins),),
    )
    with connection.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(
            "select vin, site, first_km, first_at, km, km_at from vehicle_service where vin = any(%s)"
            " order by vin for update skip locked",
            (list(vins),),
        ).fetchall()


def read_evidence(connection: Connection[Any], locked: Sequence[Known]) -> Mapping[str, Evidence]:
    """Read everything that is known of vehicles."""
    found = {known.vin: Evidence(known) for known in locked}
    vins = list(found)
    wanted = (vins,)
    for vin, at, km, device, event_id, received_at, site, own_at, trusted, reason in connection.execute(
        "select vin, corrected_at, km, device, event_id, received_at, site, at, trusted, reason"
        " from odometer_reading where vin = any(%s)",
        wanted,
    ):
        evidence = found[vin]
        evidence.readings.append(Reading(at, km, device, event_id, received_at))
        evidence.stored.append(((vin, site, device, event_id, own_at), trusted, reason))
    for vin, at, km, shown_km in connection.execute(
        "select vin, at, km, shown_km from odometer_correction where vin = any(%s)", wanted
    ):
        found[vin].corrections.append(Correction(at, km, shown_km))
    for vehicle in read_vehicles(connection, vins):
        found[vehicle.vin].vehicles[vehicle.site] = vehicle
    with connection.cursor(row_factory=class_row(Order)) as cursor:
        for order in cursor.execute(_ORDERS, wanted):
            found[order.vin].orders.append(order)
    return found


def read_vehicles(connection: Connection[Any], vins: Sequence[str]) -> Iterator[Vehicle]:
    """Read how vehicles are described."""
    with connection.cursor(row_factory=class_row(Vehicle)) as cursor:
        yield from cursor.execute(
            "select vin, site, make, model, powertrain, in_service_on from known_vehicle where vin = any(%s)",
            (list(vins),),
        )
