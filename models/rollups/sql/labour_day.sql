-- What was clocked and sold on a day, and how long those who clocked were there; what it reads is filled in.
-- A technician is there from the first clocking of a day to the last, and counts with the job type that came first.
select
    site,
    day,
    job_type,
    sum(clocked_seconds) as clocked_seconds,
    sum(sold_hours) as sold_hours,
    coalesce(sum(extract(epoch from left_at - began_at)) filter (where came_first), 0)::double precision
        as attended_seconds
from (
    select
        *,
        max(ended_at) over (partition by site, day, technician) as left_at,
        row_number() over (partition by site, day, technician order by began_at, job_type) = 1 as came_first
    from {technician_day} as days
) as present
group by site, day, job_type
