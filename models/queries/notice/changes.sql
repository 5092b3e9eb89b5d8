-- What was said of the work orders of a site that were open at some time between two moments.
select work_order, corrected_at, device, event_id, change
from work_order_change
join (
    select site, work_order from work_order
    where site = %(site)s and opened_at < %(until)s and (closed_at is null or closed_at >= %(since)s)
) as open_then using (site, work_order)
where corrected_at < %(until)s
order by work_order, corrected_at, device, event_id
