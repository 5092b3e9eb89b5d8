-- What the dealer system said, time after time, of the parts of open orders of which one has arrived.
select site, work_order, corrected_at, change -> 'parts' as parts
from work_order_change
join (
    select site, work_order
    from work_order
    where site = any(%(sites)s)
      and closed_at is null
      and exists (
          select from work_order_part
          where (site, work_order) = (work_order.site, work_order.work_order) and status = 'arrived'
      )
) as waiting using (site, work_order)
where jsonb_typeof(change -> 'parts') = 'array'
order by site, work_order, corrected_at, device, event_id
