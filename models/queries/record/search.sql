-- Vehicles whose VIN or plate contains what was typed, those that were here last first.
select vin, plate, make, model, year, site, work_order, opened_at
from (
    select
        found.vin,
        coalesce(found.plate, visit.plate) as plate,
        found.make,
        found.model,
        found.year,
        visit.site,
        visit.work_order,
        visit.opened_at
    from (
        select vin, plate, make, model, year
        from vehicle
        where %(sites)s::text[] is null
            and (
                vin like %(bare)s
                -- The first is quick and finds a few too many.
                or plate like %(loose)s and bare_text(plate) like %(bare)s
            )
        union all
        select distinct on (vin) vin, plate, make, model, year
        from known_vehicle
        where site = any(%(sites)s)
            and (vin like %(bare)s or plate like %(loose)s and bare_text(plate) like %(bare)s)
            and exists (
                select from work_order where work_order.vin = known_vehicle.vin and site = any(%(sites)s)
            )
        limit %(looked_at)s
    ) as found
    left join lateral (
        select site, work_order, plate, opened_at
        from work_order
        where work_order.vin = found.vin
            and (%(sites)s::text[] is null or site = any(%(sites)s))
        order by opened_at desc nulls last
        limit 1
    ) as visit on true
) as hit
order by opened_at desc nulls last, vin
limit %(most)s
