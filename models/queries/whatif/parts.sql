-- Each part of each order that was opened in a period, and whether it had to be ordered when it was first named.
select part, missing
from (
    select distinct on (change.work_order, part ->> 'part')
        part ->> 'description' as part,
        part ->> 'status' = 'ordered' as missing
    from work_order
    join work_order_change as change using (site, work_order)
    cross join lateral jsonb_array_elements(
        case when jsonb_typeof(change.change -> 'parts') = 'array' then change.change -> 'parts' else '[]' end
    ) as part
    where work_order.site = %(site)s
        and work_order.opened_at >= %(begins_at)s
        and work_order.opened_at < %(ends_at)s
    order by change.work_order, part ->> 'part', change.corrected_at
) as first_named
where part is not null
