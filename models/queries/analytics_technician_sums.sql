-- What technicians clocked, sold and attended in each bucket; null is the period before.
-- Attended is from the first clocking of a day to its last, on whatever job.
select
    case when day >= %(since)s then date_trunc(%(bucket)s, day::timestamp)::date end as bucket,
    sum(clocked_seconds) as clocked_seconds,
    sum(sold_hours) as sold_hours,
    sum(extract(epoch from ended_at - began_at))::double precision as attended_seconds
from (
    select
        day,
        sum(clocked_seconds) filter (
            where %(job_types)s::text[] is null or job_type = any(%(job_types)s)
        ) as clocked_seconds,
        sum(sold_hours) filter (
            where %(job_types)s::text[] is null or job_type = any(%(job_types)s)
        ) as sold_hours,
        min(began_at) as began_at,
        max(ended_at) as ended_at
    from technician_day
    where site = any(%(sites)s)
        and day >= %(before)s
        and day < %(until)s
        and (%(technicians)s::text[] is null or technician = any(%(technicians)s))
    group by site, day, technician
) as attended
group by bucket
