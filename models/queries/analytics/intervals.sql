-- What happened to cars at a site in a period: every interval that touches it.
select work_order, stage, bay, technician, reason, entered_at, left_at
from stage_interval
where site = %(site)s
    and entered_at >= %(begins_at)s::timestamptz - interval '30 days'
    and entered_at < %(ends_at)s
    and (left_at is null or left_at > %(begins_at)s)
