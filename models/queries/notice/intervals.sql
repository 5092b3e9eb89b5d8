-- Where the work orders of a site were that were open at some time between two moments.
select work_order, entered_at, left_at, stage, bay, technician, operation, reason, rule
from stage_interval
join (
    select site, work_order from work_order
    where site = %(site)s and opened_at < %(until)s and (closed_at is null or closed_at >= %(since)s)
) as open_then using (site, work_order)
where entered_at < %(until)s
order by work_order, position
