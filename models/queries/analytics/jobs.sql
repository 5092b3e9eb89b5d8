-- The part of each technician in each job of a site and period; jobs that changed bays are left out.
select
    coalesce(line.operation, work_order.job_type || ' ' || part.job, part.job) as kind,
    part.technician,
    part.bay,
    part.seconds,
    line.hours as sold_hours,
    part.crew::integer
from (
    select
        work_order,
        job,
        technician,
        sum(extract(epoch from ended_at - began_at))::double precision as seconds,
        min(min(bay)) over done as bay,
        min(min(coalesce(bay, ''))) over done as least_bay,
        max(max(coalesce(bay, ''))) over done as greatest_bay,
        count(*) over done as crew
    from ({labour}) as labour
    group by work_order, job, technician
    window done as (partition by work_order, job)
) as part
join work_order on work_order.site = %(site)s and work_order.work_order = part.work_order
left join lateral (
    select operation, hours
    from work_order_line
    where work_order_line.site = %(site)s
        and work_order_line.work_order = part.work_order
        and work_order_line.job = part.job
    order by position
    limit 1
) as line on true
where part.least_bay = part.greatest_bay
