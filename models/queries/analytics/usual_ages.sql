-- The cycle time that 85 of 100 orders of each job type stayed below.
select
    job_type,
    percentile_cont(0.85) within group (order by cycle_seconds) as usual_seconds
from order_figures
where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
group by job_type
