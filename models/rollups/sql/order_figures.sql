-- The figures of every order that was closed on one of the days and not cancelled.
select
    site,
    work_order,
    closed.day,
    closed.vin,
    closed.job_type,
    closed.advisor,
    closed.opened_at,
    ready.at as ready_at,
    closed.closed_at,
    extract(epoch from closed.closed_at - closed.opened_at)::double precision as cycle_seconds,
    (
        select coalesce(sum(extract(
            epoch from least(closes_at, closed.closed_at) - greatest(opens_at, closed.opened_at)
        )), 0)::double precision
        from opening_span
        where opening_span.site = closed.site
            and opens_at > closed.opened_at - interval '2 days'
            and opens_at < closed.closed_at
            and closes_at > closed.opened_at
    ) as open_cycle_seconds,
    coalesce(touch.seconds, 0) as touch_seconds,
    coalesce(wait.seconds, '{}') as wait_seconds,
    ready.at <= closed.first_promised_at as on_time,
    coalesce(sold.hours, 0) as sold_hours,
    coalesce(clocked.seconds, 0) as clocked_seconds,
    exists (
        select from work_order as later
        join work_order_line as again on again.site = later.site and again.work_order = later.work_order
        join work_order_line as done on done.operation = again.operation
        where later.site = closed.site
            and later.vin = closed.vin
            and not later.cancelled
            and later.opened_at > closed.closed_at
            and later.opened_at <= closed.closed_at + interval '30 days'
            and done.site = closed.site
            and done.work_order = closed.work_order
    ) as came_back
from (
    select dirty_day.day, work_order.*
    from dirty_day
    join work_order
        on work_order.site = dirty_day.site
        and work_order.closed_at >= dirty_day.starts_at
        and work_order.closed_at < dirty_day.ends_at
        and not work_order.cancelled
) as closed
left join (
    select site, work_order, max(entered_at) as at
    from visit
    where stage = (select stage from workshop_stage where is_ready)
    group by site, work_order
) as made_ready using (site, work_order)
cross join lateral (select coalesce(made_ready.at, closed.closed_at) as at) as ready
left join (
    select site, work_order, sum(touch_seconds) as seconds from stint group by site, work_order
) as touch using (site, work_order)
left join (
    select site, work_order, jsonb_object_agg(cause, seconds) as seconds
    from wait_cause
    where seconds > 0
    group by site, work_order
) as wait using (site, work_order)
left join (
    select site, work_order, sum(hours) as hours
    from order_present
    join work_order_line using (site, work_order)
    group by site, work_order
) as sold using (site, work_order)
left join (
    select site, work_order, sum(seconds) as seconds
    from labour
    group by site, work_order
) as clocked using (site, work_order)
