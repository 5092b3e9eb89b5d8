-- When technicians were clocked on to cars that were at a site in a period; longer than a shift is forgotten.
-- (Scans are looked up order by order: by time alone they are found only where tables are cut by time.)
select work_order, job, technician, bay, began_at, least(ended_at, %(ends_at)s) as ended_at
from (
    select
        work_order,
        scan.job,
        scan.technician,
        scan.bay,
        scan.action,
        scan.corrected_at as began_at,
        lead(scan.corrected_at) over turn as ended_at,
        lead(scan.action) over turn as next_action
    from (
        select distinct work_order
        from stage_interval
        where site = %(site)s
            and entered_at >= %(begins_at)s::timestamptz - interval '30 days'
            and entered_at < %(ends_at)s
            and (left_at is null or left_at > %(begins_at)s)
    ) as present
    cross join lateral (
        select job, technician, bay, action, corrected_at
        from labour_scan
        where labour_scan.site = %(site)s
            and labour_scan.work_order = present.work_order
            and at >= %(begins_at)s::timestamptz - interval '2 days'
            and at < %(ends_at)s::timestamptz + interval '2 days'
        offset 0
    ) as scan
    window turn as (partition by work_order, scan.job, scan.technician order by scan.corrected_at, scan.action)
) as clocking
where action = 'on'
    and next_action = 'off'
    and ended_at > %(begins_at)s
    and began_at < %(ends_at)s
    and ended_at - began_at <= @longest_shift
