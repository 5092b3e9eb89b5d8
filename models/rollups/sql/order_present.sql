-- Orders with an interval on one of the days: begun on it or the day before, or longer than a day.
-- (`offset 0` makes the planner look days and orders up one by one, by index, whatever it expects.)
select site, work_order
from dirty_day
cross join lateral (
    select stage_interval.work_order
    from stage_interval
    where stage_interval.site = dirty_day.site
        and stage_interval.entered_at >= dirty_day.starts_at - interval '1 day'
        and stage_interval.entered_at < dirty_day.ends_at
    offset 0
) as begun
union
select site, work_order
from dirty_day
cross join lateral (
    select stage_interval.work_order
    from stage_interval
    where stage_interval.site = dirty_day.site
        and stage_interval.left_at > dirty_day.starts_at
        and stage_interval.left_at - stage_interval.entered_at > interval '1 day'
        and stage_interval.entered_at < dirty_day.ends_at
    offset 0
) as long
union
select site, work_order
from dirty_day
cross join lateral (
    select work_order.work_order
    from work_order
    where work_order.site = dirty_day.site
        and work_order.closed_at >= dirty_day.starts_at
        and work_order.closed_at < dirty_day.ends_at
    offset 0
) as closed
