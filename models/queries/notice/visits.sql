-- Every car that is in the shop at some sites, as rules look at it.
select
    work_order.site,
    work_order.work_order,
    work_order.vin,
    coalesce(work_order.plate, vehicle.plate) as plate,
    vehicle.make,
    vehicle.model,
    work_order.job_type,
    work_order.advisor,
    work_order.customer_ref,
    work_order.customer_name,
    work_order.customer_phone,
    work_order.customer_waiting,
    work_order.stage,
    work_order.stage_entered_at,
    earlier.left_at as stage_left_before,
    work_order.bay,
    work_order.reason,
    because.since as reason_since,
    because_before.left_at as reason_left_before,
    work_order.promised_at,
    sold.hours as sold_hours,
    missing.due_at as parts_due_at
from work_order
left join lateral (
    -- One look-up a car; a plain join tempts the planner to read every vehicle there ever was.
    select plate, make, model from known_vehicle as known
    where known.site = work_order.site and known.vin = work_order.vin limit 1
) as vehicle on true
left join lateral (
    select max(left_at) as left_at
    from stage_interval
    where (site, work_order) = (work_order.site, work_order.work_order)
      and stage = work_order.stage
      and left_at < work_order.stage_entered_at
) as earlier on true
left join lateral (
    -- A stage may last while what the car waits for changes: since when it has been this.
    select
        coalesce(
            max(left_at) filter (
                where (stage, reason) is distinct from (work_order.stage, work_order.reason)
            ),
            work_order.stage_entered_at
        ) as since
    from stage_interval
    where (site, work_order) = (work_order.site, work_order.work_order)
      -- Here too, or every car's intervals are read for nothing.
      and work_order.reason is not null
) as because on work_order.reason is not null
left join lateral (
    select max(left_at) as left_at
    from stage_interval
    where (site, work_order) = (work_order.site, work_order.work_order)
      and (stage, reason) = (work_order.stage, work_order.reason)
      and left_at < because.since
      and work_order.reason is not null
) as because_before on work_order.reason is not null
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
where work_order.site = any(%(sites)s)
  and work_order.closed_at is null
