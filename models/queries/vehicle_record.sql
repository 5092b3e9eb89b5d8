-- A vehicle as it is known; nothing of one that whoever asks may not see.
select
    asked.vin,
    coalesce(vehicle.plate, newest.plate) as plate,
    vehicle.make,
    vehicle.model,
    vehicle.year,
    vehicle.powertrain,
    vehicle.in_service_on,
    service.km,
    service.km_at,
    service.km_per_day,
    service.km_per_day_low,
    service.km_per_day_high,
    service.rate_from,
    coalesce(service.trusted_readings, 0) as trusted_readings,
    coalesce(service.refused_readings, 0) as refused_readings
from (select %(vin)s::text as vin) as asked
left join vehicle using (vin)
left join vehicle_service as service using (vin)
left join lateral (
    select plate, true as is_there
    from work_order
    where work_order.vin = asked.vin
        and (%(sites)s::text[] is null or work_order.site = any(%(sites)s))
    order by opened_at desc nulls last
    limit 1
) as newest on true
where newest.is_there
    or %(sites)s::text[] is null and (vehicle.vin is not null or service.vin is not null)
