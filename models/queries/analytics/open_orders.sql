-- The cars that are here, the oldest first.
select
    work_order.site,
    work_order.work_order,
    work_order.job_type,
    work_order.plate,
    work_order.stage,
    work_order.bay,
    work_order.opened_at,
    work_order.promised_at
from work_order
where work_order.site = any(%(sites)s)
    and closed_at is null
    and not cancelled
    and opened_at is not null
    and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
order by opened_at
limit %(most)s
