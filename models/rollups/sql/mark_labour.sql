-- Say that orders changed as long as they last, because somebody clocked on or off them.
insert into rollup_dirty (site, since, until)
select
    clocked.site,
    least(clocked.at, work_order.opened_at),
    greatest(clocked.at, work_order.closed_at, work_order.stage_entered_at)
from (
    select site, work_order, unnest(array[min(at), max(at)]) as at
    from unnest(%(sites)s::text[], %(orders)s::text[], %(at)s::timestamptz[]) as scan (site, work_order, at)
    group by site, work_order
) as clocked
left join work_order using (site, work_order)
