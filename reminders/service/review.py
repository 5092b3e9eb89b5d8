"""A review of vehicles: their readings judged, their rate and what was done on them, what is due.

Owns the way from what is known of a vehicle to what is derived of it, in one transaction for a portion
of vehicles whose rows it locks. Touches no other vehicle, and never a message of a device.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite
from typing import Any

from psycopg import Connection

from models.analytics.board.sparing import Complain, let_fail, spare_others
from models.domain.odometer.reading import Correction, Reading, judge_readings
from models.domain.service.mileage import Mark, Rate, find_km, reckon_rate
from models.domain.service.plan import choose_plan
from models.queries.service.evidence import Evidence, Order, lock_vehicles, read_evidence
from models.queries.service.vehicles import (
    JobDone,
    VehicleDue,
    VehicleRow,
    Verdict,
    read_holds,
    write_done,
    write_due,
    write_vehicles,
    write_verdicts,
)
from reminders.service.closing import close_reminders
from reminders.service.due import reckon_vehicle
from reminders.service.plans import Plans

_UNKNOWN_KM_PER_DAY = 40.0
# Of readings that are no longer kept: a week's, which a longer run outweighs.
_REMEMBERED_EVIDENCE = 8


@dataclass(frozen=True, slots=True)
class Review:
    """What a review of one vehicle found: verdicts that changed, its row, and what was done on it."""

    verdicts: list[Verdict]
    row: VehicleRow
    done: list[JobDone]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a portion came to."""

    vehicles: int = 0
    trusted: int = 0
    refused: int = 0
    closed: int = 0


def review_vehicles(
    connection: Connection[Any],
    vins: Sequence[str],
    plans: Plans,
    now: datetime,
    complain: Complain = let_fail,
) -> Reviewed:
    """Review vehicles in one transaction; those that another engine is reviewing are left to it."""
    with connection.transaction():
        locked = lock_vehicles(connection, vins)
        if not locked:
            return Reviewed()
        found = read_evidence(connection, locked)
        holds = read_holds(connection, list(found))
        reviews: dict[str, Review] = {}
        due: list[VehicleDue] = []
        for vin, evidence in found.items():
            with spare_others(vin, "review", complain):
                # What one company knows of a car is no other's.
                own, others = (evidence, []) if plans.one_company else evidence.split()
                each = review(vin, own, plans)
                for other in others:
                    each.verdicts.extend(review(vin, other, plans).verdicts)
                held = holds.get(vin, {})
                due += list(reckon_vehicle(each.row, evidence.vehicle, each.done, held, plans, now))
                reviews[vin] = each
        vins = list(reviews)
        verdicts = [verdict for each in reviews.values() for verdict in each.verdicts]
        write_verdicts(connection, verdicts)
        write_vehicles(connection, [each.row for each in reviews.values()], now)
        write_done(connection, vins, (done for each in reviews.values() for done in each.done))
        write_due(connection, vins, due, now)
        closed = close_reminders(connection, vins, now)
    trusted = sum(trusted for _, trusted, _ in verdicts)
    return Reviewed(len(reviews), trusted, len(verdicts) - trusted, closed)


def review(vin: str, evidence: Evidence, plans: Plans) -> Review:
    """Judge a vehicle's readings, and reckon its rate and when each job was last done on it."""
    vehicle = evidence.vehicle
    in_service_on = vehicle.in_service_on if vehicle else None
    corrections = [each for each in evidence.corrections if isfinite(each.km + each.shown_km)]
    readings = [*evidence.readings, *_recall(evidence, corrections)]
    everything = judge_readings(readings, corrections, in_service_on)
    judged = everything[: len(evidence.readings)]
    verdicts: list[Verdict] = [
        (key, verdict.trusted, verdict.reason)
        for (key, trusted, reason), verdict in zip(evidence.stored, judged, strict=True)
        if (trusted, reason) != (verdict.trusted, verdict.reason)
    ]
    marks = [
        Mark(reading.at, verdict.km)
        for reading, verdict in zip(readings, everything, strict=True)
        if verdict.km is not None
    ]
    marks += [Mark(correction.at, correction.km) for correction in corrections]
    marks.sort(key=lambda mark: (mark.at, mark.km))
    first = _find_first(evidence, marks)
    plan = choose_plan(plans.plans, vehicle.make, vehicle.model, vehicle.powertrain) if vehicle else None
    rate = reckon_rate(marks, in_service_on, plan.km_per_day if plan else _UNKNOWN_KM_PER_DAY)
    row = VehicleRow(
        vin=vin,
        first_km=first.km if first else None,
        first_at=first.at if first else None,
        km=marks[-1].km if marks else None,
        km_at=marks[-1].at if marks else None,
        km_per_day=rate.km_per_day,
        km_per_day_low=rate.low,
        km_per_day_high=rate.high,
        rate_from=rate.source,
        trusted_readings=sum(verdict.trusted for verdict in judged),
        refused_readings=sum(not verdict.trusted for verdict in judged),
    )
    return Review(verdicts, _add_owner(row, evidence.orders), _list_done(evidence.orders, marks, rate))


def _recall(evidence: Evidence, corrections: Sequence[Correction]) -> list[Reading]:
    """Return the last trusted mileage as a reading that stands for a history, once its own is dropped."""
    known = evidence.known
    if known is None or known.km is None or known.km_at is None or not isfinite(known.km):
        return []
    at = known.km_at
    if any(reading.at <= at for reading in evidence.readings) or any(
        correction.at == at for correction in corrections
    ):
        return []
    before = [correction for correction in corrections if correction.at < at]
    last = max(before, key=lambda correction: correction.at, default=None)
    shown_km = known.km - (last.km - last.shown_km if last else 0.0)
    return [Reading(at, shown_km, "remembered", evidence=_REMEMBERED_EVIDENCE)]


def _find_first(evidence: Evidence, marks: Sequence[Mark]) -> Mark | None:
    """Return the first mileage of a vehicle, also once its reading is no longer kept."""
    known = evidence.known
    if known and known.first_at and known.first_km is not None:
        at = known.first_at
        if all(reading.at > at for reading in evidence.readings):
            return Mark(at, known.first_km)
    return marks[0] if marks else None


def _add_owner(row: VehicleRow, orders: Sequence[Order]) -> VehicleRow:
    """Say where and for whom the vehicle was in the workshop last."""
    if not orders:
        return row
    last = orders[-1]
    return replace(
        row,
        site=last.site,
        customer_ref=last.customer_ref,
        customer_name=last.customer_name,
        customer_phone=last.customer_phone,
        advisor=last.advisor,
        orders_as_of=max(order.updated_at for order in orders),
    )


def _list_done(orders: Sequence[Order], marks: Sequence[Mark], rate: Rate) -> list[JobDone]:
    """List when each job was last done, by the work orders that are over."""
    done: dict[str, JobDone] = {}
    for order in orders:
        if order.done_at is None:
            continue
        km = find_km(marks, order.opened_at or order.done_at, rate)
        for job in (*order.jobs, f"type:{order.job_type}"):
            if job not in done or done[job].done_at <= order.done_at:
                done[job] = JobDone(order.vin, job, order.done_at, km, order.site, order.work_order)
    return list(done.values())
