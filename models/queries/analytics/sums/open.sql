-- Open bay-seconds until now of sites with so many bays each, in each bucket; null is the period before.
select
    case when day >= %(since)s then date_trunc(%(bucket)s, day::timestamp)::date end as bucket,
    sum(extract(epoch from least(closes_at, %(now)s) - opens_at) * bays)::double precision as bay_open_seconds
from opening_span
join unnest(%(sites)s::text[], %(bay_counts)s::integer[]) as open_site (site, bays) using (site)
where day >= %(before)s
    and day < %(until)s
    and opens_at < %(now)s
group by bucket
