-- When technicians were clocked on at a site in a period; longer than a shift is forgotten.
select work_order, job, technician, bay, began_at, least(ended_at, %(ends_at)s) as ended_at
from (
    select
        work_order,
        job,
        technician,
        bay,
        action,
        corrected_at as began_at,
        lead(corrected_at) over turn as ended_at,
        lead(action) over turn as next_action
    from labour_scan
    where site = %(site)s
        and at >= %(begins_at)s::timestamptz - interval '2 days'
        and at < %(ends_at)s::timestamptz + interval '2 days'
    window turn as (partition by work_order, job, technician order by corrected_at, action)
) as clocking
where action = 'on'
    and next_action = 'off'
    and ended_at > %(begins_at)s
    and began_at < %(ends_at)s
    and ended_at - began_at <= interval '16 hours'
