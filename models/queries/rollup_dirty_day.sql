-- The site's own days on which something has changed since they were settled, each with its bounds.
-- A session may name the sites it is about to ask of: `set local bayboard.sites = 's1,s2'`.
select distinct
    dirty.site,
    local.day::date as day,
    zone.name as timezone,
    local.day at time zone zone.name as starts_at,
    (local.day + interval '1 day') at time zone zone.name as ends_at
from rollup_dirty as dirty
left join workshop_site using (site)
cross join lateral (select coalesce(workshop_site.timezone, 'UTC') as name) as zone
cross join lateral generate_series(
    date_trunc('day', dirty.since at time zone zone.name),
    dirty.until at time zone zone.name,
    interval '1 day'
) as local (day)
cross join (select nullif(current_setting('bayboard.sites', true), '') as named) as asked
where asked.named is null or dirty.site = any(string_to_array(asked.named, ','))
