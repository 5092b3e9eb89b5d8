-- The newest visits of a vehicle, with what was sold on each.
select
    site,
    work_order,
    job_type,
    plate,
    customer_name,
    customer_phone,
    advisor,
    opened_at,
    closed_at,
    cancelled,
    stage,
    array(
        select coalesce(operation, job)
        from work_order_line as line
        where line.site = visit.site and line.work_order = visit.work_order
        order by position
    ) as operations
from (
    select *
    from work_order
    where vin = %(vin)s and (%(sites)s::text[] is null or site = any(%(sites)s))
    order by opened_at desc nulls last
    limit %(most)s
) as visit
