-- What an analytics page asks of the rollups, for any sites and dates; each query after its name.
-- Days are added up before months are found, and weekdays counted from a Monday: `date_trunc` and `extract` take
-- longer for a row than adding it up.

-- name: overview by day
select
    day, sum(orders) as orders, sum(cycle_seconds) as cycle_seconds, sum(touch_seconds) as touch_seconds,
    sum(on_time)::float / nullif(sum(promised), 0) as on_time,
    sum(sold_hours) as sold_hours, sum(came_back) as came_back
from order_day
where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
group by day
order by day

-- name: waits by cause and month
select date_trunc('month', day) as month, cause, sum(seconds) as seconds
from (
    select day, cause, sum(seconds) as seconds
    from wait_day
    where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
    group by day, cause
) as of_day
group by month, cause

-- name: stage times by job type: bins for percentiles
select job_type, stage, bin, sum(visits) as visits, sum(seconds) as seconds
from stage_time_month
where site = any(%(sites)s)
    and month >= date_trunc('month', %(since)s::date)::date and month < %(until)s
group by job_type, stage, bin

-- name: cars entering each stage by day
select day, stage, sum(entered) as entered, sum(seconds) as seconds, sum(log_seconds) as log_seconds
from stage_day
where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
group by day, stage

-- name: bays by month
select date_trunc('month', day) as month, bay, sum(occupied_seconds), sum(worked_seconds)
from (
    select day, bay, sum(open_occupied_seconds) as occupied_seconds, sum(open_worked_seconds) as worked_seconds
    from bay_day
    where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
    group by day, bay
) as of_day
group by month, bay

-- name: technicians
select technician, job_type, sum(clocked_seconds), sum(sold_hours)
from technician_day
where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
group by technician, job_type

-- name: hour and weekday (one site)
select (day - date '2001-01-01') %% 7 + 1 as weekday, hour, stage, sum(visits), sum(seconds)
from stage_time
where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
group by weekday, hour, stage

-- name: stage times by bay and technician: bins (one site)
select stage, job_type, bay, technician, bin, sum(visits)
from stage_time
where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
    and job_type = 'repair' and stage = 'repairing'
group by stage, job_type, bay, technician, bin

-- name: bays by hour and weekday (one site)
select (day - date '2001-01-01') %% 7 + 1 as weekday, hour, bay, sum(occupied_seconds), sum(worked_seconds)
from bay_hour
where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
group by weekday, hour, bay

-- name: cycle time percentiles by job type (one site)
select job_type, percentile_cont(array[0.5, 0.85]) within group (order by cycle_seconds)
from order_figures
where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
group by job_type
