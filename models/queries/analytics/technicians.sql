-- What each technician clocked, sold and attended in a period.
select
    site,
    technician,
    sum(clocked_seconds) as clocked_seconds,
    sum(sold_hours) * 3600 as sold_seconds,
    sum(extract(epoch from ended_at - began_at))::double precision as attended_seconds
from (
    select
        site,
        technician,
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
        and day >= %(since)s
        and day < %(until)s
        and (%(technicians)s::text[] is null or technician = any(%(technicians)s))
    group by site, day, technician
) as attended
group by site, technician
having sum(clocked_seconds) > 0
order by site, technician
