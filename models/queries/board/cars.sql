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
    work_order.updated_at,
    visit.came_at,
    sold.hours as sold_hours,
    coalesce(visit.again, false) as again,
    missing.due_at as parts_due_at
from work_order
left join lateral (
    -- One look-up a car; a plain join tempts the planner to read every vehicle there ever was.
    select plate, make, model from known_vehicle as known
    where known.site = work_order.site and known.vin = work_order.vin limit 1
) as vehicle on true
left join lateral (
    select
        min(entered_at) as came_at,
        bool_or(stage = work_order.stage and left_at < work_order.stage_entered_at) as again
    from stage_interval
    where (site, work_order) = (work_order.site, work_order.work_order)
) as visit on true
left join lateral (
    select sum(hours) as hours
    from work_order_line
    where (site, work_order) = (work_order.site, work_order.work_order)
) as sold on true
left join lateral (
    select max(eta) as due_at
    from work_order_part
    where (site, work_order) = (work_order.site, work_order.work_order) and status = 'ordered'
) as missing on true
where work_order.site = %(site)s
  and work_order.closed_at is null
