-- Every car of a site that has not been delivered, with where it stands.
select
    work_order.work_order,
    work_order.registered,
    coalesce(work_order.plate, vehicle.plate) as plate,
    vehicle.make,
    vehicle.model,
    work_order.job_type,
    work_order.stage,
    work_order.stage_entered_at,
    work_order.bay,
    work_order.technician,
    work_order.operation,
    work_order.reason,
    work_order.promised_at,
    work_order.updated_at
from work_order
left join vehicle using (vin)
where work_order.site = %(site)s
  and work_order.closed_at is null
