-- How long each bay was occupied in each hour, and how long somebody worked there; the same within opening hours.
-- A site that is not in the workshop file is taken as always open. (`offset 0` finds a day's opening hours once, not
-- for each hour of each bay; the bounds of `opens_at` find them by index.)
select
    site,
    day,
    hour,
    bay,
    sum((select sum(extract(epoch from upper(part) - lower(part))) from unnest(occupied) as part))::double precision
        as occupied_seconds,
    coalesce(
        sum((select sum(extract(epoch from upper(part) - lower(part))) from unnest(worked) as part)), 0
    )::double precision as worked_seconds,
    coalesce(
        sum((select sum(extract(epoch from upper(part) - lower(part))) from unnest(occupied * opened) as part)), 0
    )::double precision as open_occupied_seconds,
    coalesce(
        sum((select sum(extract(epoch from upper(part) - lower(part))) from unnest(worked * opened) as part)), 0
    )::double precision as open_worked_seconds
from (
    select
        stint.site,
        stint.bay,
        open_day.day,
        open_day.opened,
        extract(hour from hour.starts_at at time zone open_day.timezone)::smallint as hour,
        (stint.span * whole.span)::tstzmultirange as occupied,
        stint.touched * whole.span::tstzmultirange as worked
    from stint
    join (
        select
            dirty_day.*,
            coalesce(
                (
                    select range_agg(tstzrange(opens_at, closes_at))
                    from opening_span
                    where opening_span.site = dirty_day.site
                        and opening_span.day = dirty_day.day
                        and opening_span.opens_at > dirty_day.starts_at - interval '1 day'
                        and opening_span.opens_at < dirty_day.ends_at + interval '1 day'
                ),
                case
                    when exists (select from workshop_site where workshop_site.site = dirty_day.site) then '{}'
                    else '{(,)}'::tstzmultirange
                end
            ) as opened
        from dirty_day
        offset 0
    ) as open_day
        on open_day.site = stint.site
        and lower(stint.span) < open_day.ends_at
        and upper(stint.span) > open_day.starts_at
    cross join lateral generate_series(
        open_day.starts_at
            + greatest(floor(extract(epoch from lower(stint.span) - open_day.starts_at) / 3600), 0)
            * interval '1 hour',
        least(upper(stint.span), open_day.ends_at) - interval '1 microsecond',
        interval '1 hour'
    ) as hour (starts_at)
    cross join lateral (
        select tstzrange(hour.starts_at, least(hour.starts_at + interval '1 hour', open_day.ends_at)) as span
    ) as whole
    where stint.bay is not null
) as stood
group by site, day, hour, bay
