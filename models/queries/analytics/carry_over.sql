-- Orders open, not ready and not promised for later at the last closing time of each bucket, or of each period.
select bucket, sum(carried.orders)::integer as carried_over
from (
    select distinct on (site, bucket) site, bucket, closes_at
    from (
        select
            site,
            closes_at,
            case
                when day < %(since)s then null
                when %(by_bucket)s then date_trunc(%(bucket)s, day::timestamp)::date
                else %(since)s
            end as bucket
        from opening_span
        where site = any(%(sites)s)
            and day >= %(before)s
            and day < %(until)s
            and closes_at <= %(now)s
    ) as span
    order by site, bucket, closes_at desc
) as closing
cross join lateral (
    select count(*) as orders
    from (
        select site, work_order
        from work_order
        where work_order.site = closing.site
            and not cancelled
            and opened_at <= closing.closes_at
            and (
                closed_at is null
                or (closed_at > closing.closes_at and closed_at < closing.closes_at + interval '60 days')
            )
            and (promised_at is null or promised_at <= closing.closes_at)
            and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
        offset 0
    ) as late
    where (
        select max(entered_at)
        from stage_interval
        where stage_interval.site = late.site
            and stage_interval.work_order = late.work_order
            and stage = (select stage from workshop_stage where is_ready)
    ) <= closing.closes_at is not true
) as carried
group by bucket
