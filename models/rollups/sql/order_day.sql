-- Sums over the orders that were closed on a day; what it reads is filled in.
select
    site,
    day,
    job_type,
    count(*)::integer as orders,
    sum(cycle_seconds) as cycle_seconds,
    sum(open_cycle_seconds) as open_cycle_seconds,
    sum(ln(greatest(cycle_seconds, 1))) as log_cycle_seconds,
    sum(ln(greatest(cycle_seconds, 1)) ^ 2) as log_cycle_seconds_squared,
    sum(touch_seconds) as touch_seconds,
    count(on_time)::integer as promised,
    (count(*) filter (where on_time))::integer as on_time,
    sum(sold_hours) as sold_hours,
    sum(clocked_seconds) as clocked_seconds,
    (count(*) filter (where came_back))::integer as came_back
from {order_figures} as figures
group by site, day, job_type
