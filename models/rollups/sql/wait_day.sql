-- How long the orders closed on a day had waited, by cause; what it reads is filled in.
select site, day, job_type, cause, count(*)::integer as orders, sum(seconds::double precision) as seconds
from {order_figures} as figures
cross join lateral jsonb_each_text(wait_seconds) as wait (cause, seconds)
group by site, day, job_type, cause
