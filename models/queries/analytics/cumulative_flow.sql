-- How many orders first reached each place of the flow, or one behind it, in each hour; earlier hours are one, null.
-- Orders that were gone before the period are left out.
select
    case when at >= begins_at then date_trunc('hour', at at time zone timezone) end as hour,
    place,
    count(*)::integer as orders
from (
    select
        timezone,
        begins_at,
        min(at) over (
            partition by site, work_order order by position desc rows unbounded preceding
        ) as at,
        generate_series(
            coalesce(lag(position) over (partition by site, work_order order by position), -1) + 1, position
        ) as place
    from (
        select site, timezone, work_order, begins_at, workshop_stage.position, min(entered_at) as at
        from (
            select site, timezone, %(since)s::date::timestamp at time zone timezone as begins_at
            from workshop_site
            where site = any(%(sites)s)
        ) as period
        join stage_interval using (site)
        join workshop_stage using (stage)
        join work_order using (site, work_order)
        where entered_at >= begins_at - interval '30 days'
            and entered_at < %(until)s::date::timestamp at time zone timezone
            and (closed_at is null or closed_at >= begins_at)
            and not cancelled
            and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
        group by site, timezone, work_order, begins_at, workshop_stage.position
    ) as entered
) as reached
group by hour, place
