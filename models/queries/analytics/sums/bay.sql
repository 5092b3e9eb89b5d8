-- How long bays were occupied and worked in within opening hours in each bucket; null is the period before.
select
    case when day >= %(since)s then date_trunc(%(bucket)s, day::timestamp)::date end as bucket,
    sum(occupied_seconds) as bay_occupied_seconds,
    sum(worked_seconds) as bay_worked_seconds
from (
    select day, sum(open_occupied_seconds) as occupied_seconds, sum(open_worked_seconds) as worked_seconds
    from ({bay_use}) as bay_use
    where day >= %(before)s
        and day < %(until)s
        and (%(bays)s::text[] is null or bay = any(%(bays)s))
    group by day
) as of_day
group by bucket
