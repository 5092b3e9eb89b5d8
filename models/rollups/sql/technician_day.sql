-- What technicians clocked off on the days, and their share of the hours sold on those jobs.
select
    labour.site,
    dirty_day.day,
    labour.technician,
    work_order.job_type,
    sum(labour.seconds) as clocked_seconds,
    coalesce(sum(sold.hours * labour.seconds / nullif(labour.on_job_seconds, 0)), 0) as sold_hours,
    min(labour.began_at) as began_at,
    max(labour.ended_at) as ended_at
from (
    select *, sum(seconds) over (partition by site, work_order, job) as on_job_seconds from labour
) as labour
join dirty_day
    on dirty_day.site = labour.site
    and labour.ended_at >= dirty_day.starts_at
    and labour.ended_at < dirty_day.ends_at
join work_order on work_order.site = labour.site and work_order.work_order = labour.work_order
left join (
    select site, work_order, job, sum(hours) as hours
    from order_present
    join work_order_line using (site, work_order)
    group by site, work_order, job
) as sold
    on sold.site = labour.site and sold.work_order = labour.work_order and sold.job = labour.job
group by labour.site, dirty_day.day, labour.technician, work_order.job_type
