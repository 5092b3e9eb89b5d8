-- Finished visits by job type, stage and bin: whole months from the months' rollup, other days from the days'.
select job_type, stage, bin, sum(visits)::integer as visits, sum(seconds) as seconds
from (
    select job_type, stage, bin, visits, seconds
    from stage_time
    where site = any(%(sites)s)
        and (
            (day >= %(since)s and day < least(%(first_month)s, %(until)s))
            or (day >= greatest(%(last_month)s, %(since)s) and day < %(until)s)
        )
        and (%(bays)s::text[] is null or bay = any(%(bays)s))
        and (%(technicians)s::text[] is null or technician = any(%(technicians)s))
    union all
    select job_type, stage, bin, visits, seconds
    from stage_time_month
    where site = any(%(sites)s) and month >= %(first_month)s and month < %(last_month)s
) as times
where %(job_types)s::text[] is null or job_type = any(%(job_types)s)
group by job_type, stage, bin
having sum(visits) > 0
