-- Visits that began on the days.
select
    visit.site,
    dirty_day.day,
    extract(hour from visit.entered_at at time zone dirty_day.timezone)::smallint as hour,
    work_order.job_type,
    visit.stage,
    visit.bay,
    visit.technician,
    visit.left_at is not null and workshop_stage.kind is distinct from 'end' as finished,
    greatest(extract(epoch from visit.left_at - visit.entered_at), 1)::double precision as seconds
from visit
join dirty_day
    on dirty_day.site = visit.site
    and visit.entered_at >= dirty_day.starts_at
    and visit.entered_at < dirty_day.ends_at
join work_order on work_order.site = visit.site and work_order.work_order = visit.work_order
left join workshop_stage on workshop_stage.stage = visit.stage
