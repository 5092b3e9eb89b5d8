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
    and stint.entered_at < dirty_day.ends_at
    and stint.left_at > dirty_day.starts_at
cross join lateral generate_series(
    dirty_day.starts_at, dirty_day.ends_at - interval '1 second', interval '1 hour'
) as hour (starts_at)
cross join lateral (
    select tstzrange(stint.entered_at, stint.left_at)
        * tstzrange(hour.starts_at, hour.starts_at + interval '1 hour') as span
) as part
where stint.bay is not null and not isempty(part.span)
group by stint.site, dirty_day.day, extract(hour from hour.starts_at at time zone dirty_day.timezone), stint.bay
