-- A technician's time on a job of those orders, from clocking on to clocking off; longer than a shift is forgotten.
-- Clockings are looked for as long as any of the orders was here, so that any portion of days gives the same.
with known as materialized (
    select
        least(min(opened_at), min(entered_at)) - interval '60 days' as since,
        case
            when bool_and(closed_at is not null) then greatest(max(closed_at), max(left_at)) + interval '60 days'
            else 'infinity'
        end as until
    from order_present
    left join work_order using (site, work_order)
    left join stage_interval using (site, work_order)
)
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
            and lead(scan.corrected_at) over turn - scan.corrected_at <= @longest_shift
            as is_clocked
    from order_present
    cross join lateral (
        select labour_scan.job, labour_scan.technician, labour_scan.action, labour_scan.corrected_at
        from labour_scan
        where labour_scan.site = order_present.site
            and labour_scan.work_order = order_present.work_order
            and labour_scan.at >= (select since from known)
            and labour_scan.at < (select until from known)
        offset 0
    ) as scan
    window turn as (
        partition by site, work_order, scan.job, scan.technician order by scan.corrected_at, scan.action
    )
) as clocking
where is_clocked
