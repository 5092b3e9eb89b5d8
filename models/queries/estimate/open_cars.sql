-- Every car of a site that is not gone, as far as its expected ready time depends on it.
select
    work_order.work_order,
    work_order.job_type,
    work_order.stage,
    work_order.stage_entered_at,
    work_order.promised_at,
    work_order.bay,
    work_order.reason,
    (
        select sum(hours) from work_order_line
        where work_order_line.site = work_order.site and work_order_line.work_order = work_order.work_order
    ) as sold_hours,
    exists (
        select from stage_interval
        where stage_interval.site = work_order.site
          and stage_interval.work_order = work_order.work_order
          and stage_interval.stage = work_order.stage
          and stage_interval.left_at <= work_order.stage_entered_at
    ) as again,
    (
        select max(eta) from work_order_part
        where work_order_part.site = work_order.site
          and work_order_part.work_order = work_order.work_order
          and status = 'ordered'
    ) as parts_due_at
from work_order
where work_order.site = %(site)s
  and work_order.closed_at is null
  and work_order.stage is not null
