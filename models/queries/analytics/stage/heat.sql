-- A stage's visits by the weekday (1 is Monday) and hour in which they began.
-- (Counted from a Monday: `extract` takes longer than adding up does.)
select
    (day - date '2001-01-01') %% 7 + 1 as weekday,
    hour::integer as hour,
    sum(visits)::integer as visits,
    sum(seconds) as seconds
from stage_time
where site = any(%(sites)s)
    and day >= %(since)s
    and day < %(until)s
    and stage = %(stage)s
    and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
    and (%(bays)s::text[] is null or bay = any(%(bays)s))
    and (%(technicians)s::text[] is null or technician = any(%(technicians)s))
group by weekday, hour
