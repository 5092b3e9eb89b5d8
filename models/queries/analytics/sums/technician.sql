-- What technicians clocked, sold and attended in each bucket; null is the period before. What it reads is filled in.
-- Attended is from the first clocking of a day to its last, on whatever job.
select
    case when day >= %(since)s then date_trunc(%(bucket)s, day::timestamp)::date end as bucket,
    sum(clocked_seconds) as clocked_seconds,
    sum(sold_hours) as sold_hours,
    sum(attended_seconds) as attended_seconds
from (
    select
        day,
        sum(clocked_seconds) filter (
            where %(job_types)s::text[] is null or job_type = any(%(job_types)s)
        ) as clocked_seconds,
        sum(sold_hours) filter (
            where %(job_types)s::text[] is null or job_type = any(%(job_types)s)
        ) as sold_hours,
        sum(attended_seconds) as attended_seconds
    from {labour_day} as labour_day
    where site = any(%(sites)s)
        and day >= %(before)s
        and day < %(until)s
    group by day
) as of_day
group by bucket
