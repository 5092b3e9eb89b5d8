-- A vehicle as it is known to some sites; nothing of one that whoever asks may not see. What is due and driven is known
-- to the site where it was last, and to others where the sites are one company.
select
    asked.vin,
    coalesce(vehicle.plate, newest.plate, whole.plate) as plate,
    coalesce(vehicle.make, whole.make) as make,
    coalesce(vehicle.model, whole.model) as model,
    coalesce(vehicle.year, whole.year) as year,
    coalesce(vehicle.powertrain, whole.powertrain) as powertrain,
    coalesce(vehicle.in_service_on, whole.in_service_on) as in_service_on,
    service.km,
    service.km_at,
    service.km_per_day,
    service.km_per_day_low,
    service.km_per_day_high,
    service.rate_from,
    coalesce(service.trusted_readings, 0) as trusted_readings,
    coalesce(service.refused_readings, 0) as refused_readings
from (select %(vin)s::text as vin) as asked
left join lateral (
    select site, plate, true as is_there
    from work_order
    where work_order.vin = asked.vin
        and (%(sites)s::text[] is null or work_order.site = any(%(sites)s))
    order by opened_at desc nulls last
    limit 1
) as newest on true
left join known_vehicle as vehicle on vehicle.vin = asked.vin and vehicle.site = newest.site
left join vehicle as whole on whole.vin = asked.vin and %(sites)s::text[] is null
left join vehicle_service as service
    on service.vin = asked.vin
    and (
        %(sites)s::text[] is null
        or exists (select from unnest(%(sites)s::text[]) as seen where are_one(seen, service.site))
    )
where newest.is_there
    or %(sites)s::text[] is null and (whole.vin is not null or service.vin is not null)
