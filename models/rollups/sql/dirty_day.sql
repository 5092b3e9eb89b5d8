-- The site's own days on which something has changed since they were settled, each with its bounds.
-- A session may name the sites and the days it is about to ask of, so that no others are computed:
-- `set bayboard.sites = 's1,s2'`, `set bayboard.since = '2026-06-01'` and `set bayboard.until = '2026-06-30'`.
-- Marks are joined before days are made of them, so that a thousand marks of the same years cost as one. What
-- is outside of this century is no day of a workshop, and no mark can ask for a million days.
select
    marked.site,
    local.day::date as day,
    marked.timezone,
    local.day at time zone marked.timezone as starts_at,
    (local.day + interval '1 day') at time zone marked.timezone as ends_at
from (
    select
        dirty.site,
        zone.name as timezone,
        range_agg(daterange(
            (greatest(least(dirty.since, dirty.until), century.begins_at) at time zone zone.name)::date,
            (least(greatest(dirty.since, dirty.until), century.ends_at) at time zone zone.name)::date,
            '[]'
        )) as days
    from rollup_dirty as dirty
    cross join (
        select timestamptz '2000-01-01 00:00 UTC' as begins_at, timestamptz '2100-01-01 00:00 UTC' as ends_at
    ) as century
    left join workshop_site using (site)
    cross join lateral (select coalesce(workshop_site.timezone, 'UTC') as name) as zone
    cross join (select nullif(current_setting('bayboard.sites', true), '') as named) as asked
    where greatest(dirty.since, dirty.until) >= century.begins_at
        and least(dirty.since, dirty.until) <= century.ends_at
        and (asked.named is null or dirty.site = any(string_to_array(asked.named, ',')))
    group by dirty.site, zone.name
) as marked
cross join (
    select datemultirange(daterange(
        nullif(current_setting('bayboard.since', true), '')::date,
        nullif(current_setting('bayboard.until', true), '')::date,
        '[]'
    )) as days
) as asked
cross join lateral unnest(marked.days * asked.days) as part
cross join lateral generate_series(
    lower(part)::timestamp, upper(part)::timestamp - interval '1 day', interval '1 day'
) as local (day)
