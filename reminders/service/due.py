"""What is due on vehicles, by their plans: of one that was reviewed, or of all of them.

Owns the pass over every vehicle, which needs only what the reviews left behind, in portions that are a
transaction each. It judges no reading and raises nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from psycopg import Connection

from models.analytics.board.sparing import Complain, let_fail, spare_others
from models.domain.service.due import Hold, Mileage, reckon_due
from models.domain.service.mileage import Rate, Source
from models.domain.service.plan import Done, Plan, choose_plan, find_done
from models.queries.service.evidence import Vehicle, choose_vehicle, read_vehicles
from models.queries.service.vehicles import (
    JobDone,
    VehicleDue,
    VehicleRow,
    read_done,
    read_holds,
    read_rows,
    write_due,
)
from reminders.service.closing import close_reminders
from reminders.service.plans import Plans

PORTION = 5000


def reckon_all(
    connection: Connection[Any], plans: Plans, now: datetime, complain: Complain = let_fail
) -> Iterator[int]:
    """Reckon what is due on every vehicle, a portion and transaction at a time; yield how many each had."""
    after, jobs = "", plans.jobs
    while True:
        with connection.transaction():
            rows = read_rows(connection, after, PORTION)
            if not rows:
                # So many new rows make the database plan anew what it asks of them.
                connection.execute("analyze service_due")
                return
            vins, reckoned = [row.vin for row in rows], list[str]()
            vehicles: defaultdict[str, dict[str, Vehicle]] = defaultdict(dict)
            for vehicle in read_vehicles(connection, vins):
                vehicles[vehicle.vin][vehicle.site] = vehicle
            done, holds = read_done(connection, vins, jobs), read_holds(connection, vins)
            due: list[VehicleDue] = []
            for row in rows:
                vin = row.vin
                with spare_others(vin, "what is due", complain):
                    held = holds.get(vin, {})
                    known = choose_vehicle(vehicles[vin], row.site)
                    due += list(reckon_vehicle(row, known, done.get(vin, ()), held, plans, now))
                    reckoned.append(vin)
            write_due(connection, reckoned, due, now)
            close_reminders(connection, reckoned, now)
        after = vins[-1]
        yield len(vins)


def reckon_vehicle(
    row: VehicleRow,
    vehicle: Vehicle | None,
    done: Iterable[JobDone],
    holds: Mapping[str, list[Hold]],
    plans: Plans,
    now: datetime,
) -> Iterator[VehicleDue]:
    """Yield what is due on a vehicle, each with the plan that says so; nothing of one we do not know."""
    if vehicle is None:
        return
    plan = choose_plan(plans.plans, vehicle.make, vehicle.model, vehicle.powertrain)
    if plan is None:
        return
    here = plans.tell_time(row.site, now)
    mileage = _tell_mileage(row, plan)
    by_job = {
        each.job: Done(
            plans.tell_time(each.site, each.done_at).date(), each.km, f"{each.site}/{each.work_order}"
        )
        for each in done
    }
    for item in plan.items:
        due = reckon_due(
            item,
            mileage,
            find_done(item, by_job),
            in_service_on=vehicle.in_service_on,
            now=here,
            rules=plans.notices,
            holds=holds.get(item.key, ()),
        )
        if due:
            yield row.vin, plan.key, due


def _tell_mileage(row: VehicleRow, plan: Plan) -> Mileage | None:
    if row.km is None or row.km_at is None or row.first_km is None or row.first_at is None:
        return None
    rate = Rate(
        row.km_per_day or plan.km_per_day,
        row.km_per_day_low or plan.km_per_day,
        row.km_per_day_high or plan.km_per_day,
        cast("Source", row.rate_from),
    )
    if row.rate_from == "model":
        scale = plan.km_per_day / rate.km_per_day
        rate = Rate(plan.km_per_day, rate.low * scale, rate.high * scale, "model")
    return Mileage(row.first_km, row.first_at.date(), row.km, row.km_at, rate)
