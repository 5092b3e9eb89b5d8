-- Say that orders changed between two instants, and with them the orders they came back after.
insert into rollup_dirty (site, since, until)
select site, since, until
from unnest(%(sites)s::text[], %(orders)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[])
    as changed (site, work_order, since, until)
union all
select earlier.site, earlier.closed_at, earlier.closed_at
from unnest(%(sites)s::text[], %(orders)s::text[]) as changed (site, work_order)
join work_order using (site, work_order)
join work_order as earlier
    on earlier.site = work_order.site
    and earlier.vin = work_order.vin
    and earlier.closed_at < work_order.opened_at
    and earlier.closed_at >= work_order.opened_at - interval '30 days'
