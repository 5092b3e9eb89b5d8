-- Orders that were open when the period began and when it ended (or now), their ages, and its hours, by site.
select
    extract(epoch from ends_at - begins_at)::double precision / 3600 as hours,
    open_before.orders as open_before,
    open_before.age_seconds as age_before,
    open_after.orders as open_after,
    open_after.age_seconds as age_after
from (
    select
        site,
        %(since)s::date::timestamp at time zone timezone as begins_at,
        least(%(until)s::date::timestamp at time zone timezone, %(now)s) as ends_at
    from workshop_site
    where site = any(%(sites)s)
) as period
cross join lateral (
    select
        count(*)::integer as orders,
        coalesce(sum(extract(epoch from begins_at - opened_at)), 0)::double precision as age_seconds
    from work_order
    where work_order.site = period.site
        and not cancelled
        and opened_at < begins_at
        and (closed_at is null or (closed_at >= begins_at and closed_at < begins_at + interval '60 days'))
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
) as open_before
cross join lateral (
    select
        count(*)::integer as orders,
        coalesce(sum(extract(epoch from ends_at - opened_at)), 0)::double precision as age_seconds
    from work_order
    where work_order.site = period.site
        and not cancelled
        and opened_at < ends_at
        and (closed_at is null or (closed_at >= ends_at and closed_at < ends_at + interval '60 days'))
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
) as open_after
