-- The geometric mean and the number of a stage's visits in each bucket; what it reads is filled in.
select
    date_trunc(%(bucket)s, day::timestamp)::date as bucket,
    sum(visits)::integer as visits,
    exp(sum(log_seconds) / sum(visits)) as mean_seconds
from (
    select day, sum(visits) as visits, sum(log_seconds) as log_seconds
    from {stage_day} as stage_day
    where site = any(%(sites)s)
        and day >= %(since)s
        and day < %(until)s
        and stage = %(stage)s
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
    group by day
) as of_day
group by bucket
having sum(visits) > 0
order by bucket
