-- How long each bay was occupied in each hour, and how long somebody worked there.
select
    stint.site,
    dirty_day.day,
    extract(hour from hour.starts_at at time zone dirty_day.timezone)::smallint as hour,
    stint.bay,
    sum(extract(epoch from upper(part.span) - lower(part.span)))::double precision as occupied_seconds,
    sum((
        select coalesce(sum(extract(epoch from upper(touch) - lower(touch))), 0)
        from unnest(stint.touched * part.span::tstzmultirange) as touch
    ))::double precision as worked_seconds
from stint
join dirty_day
    on dirty_day.site = stint.site
    and lower(stint.span) < dirty_day.ends_at
    and upper(stint.span) > dirty_day.starts_at
cross join lateral generate_series(
    dirty_day.starts_at
        + greatest(floor(extract(epoch from lower(stint.span) - dirty_day.starts_at) / 3600), 0)
        * interval '1 hour',
    least(upper(stint.span), dirty_day.ends_at) - interval '1 microsecond',
    interval '1 hour'
) as hour (starts_at)
cross join lateral (
    select stint.span * tstzrange(hour.starts_at, hour.starts_at + interval '1 hour') as span
) as part
where stint.bay is not null
group by stint.site, dirty_day.day, extract(hour from hour.starts_at at time zone dirty_day.timezone), stint.bay
