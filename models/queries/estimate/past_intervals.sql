-- Every interval of the orders opened since a moment, and before another if it is given, with what was known of its order as it began.
select
    stage_interval.work_order,
    work_order.job_type,
    stage_interval.stage,
    stage_interval.bay,
    stage_interval.entered_at,
    stage_interval.left_at,
    sold.hours as sold_hours,
    missing.due_at as parts_due_at
from work_order
join stage_interval using (site, work_order)
left join lateral (
    select (select sum((line ->> 'hours')::float8) from jsonb_array_elements(change -> 'lines') as line) as hours
    from work_order_change
    where work_order_change.site = work_order.site
      and work_order_change.work_order = work_order.work_order
      and corrected_at <= stage_interval.entered_at + %(together)s
      and jsonb_typeof(change -> 'lines') = 'array'
    order by corrected_at desc
    limit 1
) as sold on true
left join lateral (
    select (
        select max((part ->> 'eta')::timestamptz)
        from jsonb_array_elements(change -> 'parts') as part
        where part ->> 'status' = 'ordered'
    ) as due_at
    from work_order_change
    where work_order_change.site = work_order.site
      and work_order_change.work_order = work_order.work_order
      and corrected_at <= stage_interval.entered_at + %(together)s
      and jsonb_typeof(change -> 'parts') = 'array'
    order by corrected_at desc
    limit 1
) as missing on true
where work_order.site = %(site)s
  and work_order.opened_at >= %(since)s
  and (%(until)s::timestamptz is null or work_order.opened_at < %(until)s)
  and not work_order.cancelled
