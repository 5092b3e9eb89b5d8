-- A work order with its car, as they are known now.
select
    work_order.site,
    work_order.work_order,
    work_order.registered,
    work_order.cancelled,
    work_order.vin,
    coalesce(work_order.plate, vehicle.plate) as plate,
    vehicle.make,
    vehicle.model,
    vehicle.year,
    work_order.job_type,
    work_order.advisor,
    work_order.customer_name,
    work_order.customer_phone,
    work_order.customer_waiting,
    work_order.opened_at,
    work_order.first_promised_at,
    work_order.promised_at,
    work_order.closed_at,
    work_order.stage,
    work_order.bay
from work_order
left join known_vehicle as vehicle using (site, vin)
where work_order.site = %(site)s
    and work_order.work_order = %(work_order)s
