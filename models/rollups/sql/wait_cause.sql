-- How long those orders waited, by cause; what lies before the first scan is the reception's.
select site, work_order, cause, sum(seconds) as seconds
from (
    select site, work_order, cause, seconds - touch_seconds as seconds
    from stint
    union all
    select
        site,
        work_order,
        'reception',
        extract(epoch from min(lower(span)) - min(opened_at))::double precision
    from stint
    join work_order using (site, work_order)
    group by site, work_order
) as wait
group by site, work_order, cause
