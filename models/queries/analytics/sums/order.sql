-- Sums over the orders closed in each bucket, and how long they had waited, by cause; the bucket null is the period
-- before. What it reads is filled in. (Days are added up before buckets: a bucket is dearer to find than a sum.)
select
    orders.*,
    coalesce(waits.wait_seconds, '{{}}') as wait_seconds
from (
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
    from (
        select
            day,
            sum(orders) as orders,
            sum(cycle_seconds) as cycle_seconds,
            sum(open_cycle_seconds) as open_cycle_seconds,
            sum(touch_seconds) as touch_seconds,
            sum(promised) as promised,
            sum(on_time) as on_time,
            sum(came_back) as came_back,
            sum(sold_hours) as sold_hours
        from {order_day} as order_day
        where site = any(%(sites)s)
            and day >= %(before)s
            and day < %(until)s
            and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
        group by day
    ) as of_day
    group by bucket
) as orders
left join (
    select bucket, jsonb_object_agg(cause, seconds) as wait_seconds
    from (
        select
            case when day >= %(since)s then date_trunc(%(bucket)s, day::timestamp)::date end as bucket,
            cause,
            sum(seconds) as seconds
        from (
            select day, cause, sum(seconds) as seconds
            from {wait_day} as wait_day
            where site = any(%(sites)s)
                and day >= %(before)s
                and day < %(until)s
                and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
            group by day, cause
        ) as of_day
        group by bucket, cause
    ) as of_bucket
    group by bucket
) as waits on waits.bucket is not distinct from orders.bucket
