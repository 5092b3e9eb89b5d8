-- How long each bay was occupied and worked in within the opening hours of a period, and how long it was open.
select
    bay_use.site,
    bay,
    sum(open_occupied_seconds) as occupied_seconds,
    sum(open_worked_seconds) as worked_seconds,
    opened.seconds as open_seconds
from ({bay_use}) as bay_use
join (
    select
        site,
        sum(extract(epoch from least(closes_at, %(now)s) - opens_at))::double precision as seconds
    from opening_span
    where site = any(%(sites)s) and day >= %(since)s and day < %(until)s and opens_at < %(now)s
    group by site
) as opened using (site)
where day >= %(since)s
    and day < %(until)s
    and (%(bays)s::text[] is null or bay = any(%(bays)s))
group by bay_use.site, bay, opened.seconds
order by bay_use.site, bay
