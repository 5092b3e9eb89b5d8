-- When anybody worked on each of those orders.
select site, work_order, range_agg(tstzrange(began_at, ended_at)) as spans
from labour
group by site, work_order
