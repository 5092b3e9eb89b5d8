-- Sums over the orders closed in each bucket; the bucket null is the period before. What it reads is filled in.
select
    case when day >= %(since)s then date_trunc(%(bucket)s, day::timestamp)::date end as bucket,
    sum(orders)::integer as orders,
    sum(cycle_seconds) as cycle_seconds,
    sum(open_cycle_seconds) as open_cycle_seconds,
    sum(touch_seconds) as touch_seconds,
    sum(promised)::integer as promised,
    sum(on_time)::integer as on_time,
    sum(came_back)::integer as came_back,
    sum(sold_hours) as order_sold_hours
from {order_day} as order_day
where site = any(%(sites)s)
    and day >= %(before)s
    and day < %(until)s
    and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
group by bucket
