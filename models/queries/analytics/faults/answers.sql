-- How long it took from what happened to what was done about it, over the orders closed in a period.
-- arrival: from the opening to the first work; code: from a report with codes to the next work that begins;
-- approval: as long as the order waited for it; part: from the arrival of the last part that had to be ordered
-- to the next work that begins. What begins at once took a second.
with visit as materialized (
    select site, work_order, vin, coalesce(job_type, '') as job_type, opened_at, closed_at
    from {order_figures} as figures
    where site = any(%(sites)s)
        and day >= %(since)s
        and day < %(until)s
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
),
begun as materialized (
    select
        site,
        work_order,
        job_type,
        opened_at,
        entered_at,
        left_at,
        kind = 'touch' as touched,
        coalesce(reason, cause, interval.stage) = 'approval' as asked
    from visit
    cross join lateral (
        select stage, reason, entered_at, left_at
        from stage_interval
        where stage_interval.site = visit.site and stage_interval.work_order = visit.work_order
        offset 0
    ) as interval
    left join workshop_stage on workshop_stage.stage = interval.stage
),
answer as (
    select 'arrival' as what, job_type, min(entered_at) - opened_at as took
    from begun
    where touched
    group by site, work_order, job_type, opened_at
    union all
    select 'code', job_type, min(entered_at) - reported.at
    from (
        select distinct visit.site, visit.work_order, visit.job_type, corrected_at as at
        from trouble_code
        join diagnostic_report using (site, device, event_id, at)
        join visit on visit.site = trouble_code.site and visit.vin = trouble_code.vin
        where trouble_code.site = any(%(sites)s)
            -- Tools' own clocks may be off by a day.
            and trouble_code.at >= %(since)s::date - interval '61 days'
            and trouble_code.at < %(until)s::date + interval '2 days'
            and corrected_at between visit.opened_at and visit.closed_at
    ) as reported
    join begun using (site, work_order, job_type)
    where touched and entered_at >= reported.at
    group by site, work_order, job_type, reported.at
    union all
    select 'approval', job_type, left_at - entered_at
    from begun
    where asked and left_at is not null
    union all
    select 'part', job_type, min(entered_at) - arrived.at
    from (
        select
            visit.site,
            visit.work_order,
            visit.job_type,
            max(word.corrected_at) filter (where word.is_here) as at
        from visit
        cross join lateral (
            select
                corrected_at,
                change @> '{{"parts": [{{"status": "arrived"}}]}}' as is_here,
                change @> '{{"parts": [{{"status": "ordered"}}]}}' as is_ordered
            from work_order_change
            where work_order_change.site = visit.site
                and work_order_change.work_order = visit.work_order
                and change ? 'parts'
            offset 0
        ) as word
        group by visit.site, visit.work_order, visit.job_type
        having bool_or(word.is_ordered)
    ) as arrived
    join begun using (site, work_order, job_type)
    where touched and entered_at >= arrived.at
    group by site, work_order, job_type, arrived.at
)
select
    what,
    job_type,
    count(*)::integer as times,
    avg(seconds) as mean_seconds,
    percentile_cont(%(shares)s::double precision[]) within group (order by seconds) as percentiles
from (
    select what, job_type, greatest(extract(epoch from took)::double precision, 1) as seconds from answer
) as timed
group by grouping sets ((what), (what, job_type))
