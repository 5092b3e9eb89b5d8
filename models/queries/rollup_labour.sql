-- A technician's time on a job of those orders, from clocking on to clocking off; longer than a shift is forgotten.
select
    site,
    work_order,
    job,
    technician,
    began_at,
    ended_at,
    extract(epoch from ended_at - began_at)::double precision as seconds
from (
    select
        site,
        work_order,
        scan.job,
        scan.technician,
        scan.corrected_at as began_at,
        lead(scan.corrected_at) over turn as ended_at,
        scan.action = 'on'
            and lead(scan.action) over turn = 'off'
            and lead(scan.corrected_at) over turn - scan.corrected_at <= interval '16 hours'
            as is_clocked
    from order_present
    cross join lateral (
        select labour_scan.job, labour_scan.technician, labour_scan.action, labour_scan.corrected_at
        from labour_scan
        where labour_scan.site = order_present.site
            and labour_scan.work_order = order_present.work_order
            and labour_scan.at >= (select min(starts_at) from dirty_day) - interval '60 days'
            and labour_scan.at < (select max(ends_at) from dirty_day) + interval '60 days'
        offset 0
    ) as scan
    window turn as (
        partition by site, work_order, scan.job, scan.technician order by scan.corrected_at, scan.action
    )
) as clocking
where is_clocked
