-- How long orders closed in each bucket had waited, by cause; null is the period before. What it reads is filled in.
select
    case when day >= %(since)s then date_trunc(%(bucket)s, day::timestamp)::date end as bucket,
    cause,
    sum(seconds) as seconds
from {wait_day} as wait_day
where site = any(%(sites)s)
    and day >= %(before)s
    and day < %(until)s
    and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
group by bucket, cause
