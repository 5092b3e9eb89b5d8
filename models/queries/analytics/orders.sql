-- Orders closed in a period, those that waited the longest for a cause, or took the longest, first.
select
    found.site,
    found.work_order,
    found.job_type,
    work_order.plate,
    found.opened_at,
    found.closed_at,
    found.cycle_seconds,
    found.touch_seconds,
    found.asked_seconds,
    found.on_time,
    found.came_back,
    found.orders::integer
from (
    select
        *,
        case
            when %(cause)s::text is null then cycle_seconds
            else (wait_seconds ->> %(cause)s)::double precision
        end as asked_seconds,
        count(*) over () as orders
    from {order_figures} as order_figures
    where site = any(%(sites)s)
        and day >= %(since)s
        and day < %(until)s
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
        and (%(cause)s::text is null or wait_seconds ? %(cause)s)
        and (not %(late)s or on_time is false)
        and (not %(came_back)s or came_back)
    order by asked_seconds desc
    limit %(most)s
) as found
left join work_order using (site, work_order)
order by asked_seconds desc
