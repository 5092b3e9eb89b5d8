-- What the rollups of the days in dirty_day are added up from: put before each of them, never run alone.
with

-- Orders with an interval on one of the days: begun on it or the day before, or longer than a day.
order_present as (
    select stage_interval.site, stage_interval.work_order
    from dirty_day
    join stage_interval
        on stage_interval.site = dirty_day.site
        and stage_interval.entered_at >= dirty_day.starts_at - interval '1 day'
        and stage_interval.entered_at < dirty_day.ends_at
    union
    select stage_interval.site, stage_interval.work_order
    from dirty_day
    join stage_interval
        on stage_interval.site = dirty_day.site
        and stage_interval.left_at > dirty_day.starts_at
        and stage_interval.left_at - stage_interval.entered_at > interval '1 day'
        and stage_interval.entered_at < dirty_day.ends_at
    union
    select work_order.site, work_order.work_order
    from dirty_day
    join work_order
        on work_order.site = dirty_day.site
        and work_order.closed_at >= dirty_day.starts_at
        and work_order.closed_at < dirty_day.ends_at
),

-- A technician's time on a job, from clocking on to clocking off.
labour as (
    select site, work_order, job, technician, began_at, ended_at
    from (
        select
            labour_scan.site,
            labour_scan.work_order,
            labour_scan.job,
            labour_scan.technician,
            labour_scan.action,
            labour_scan.corrected_at as began_at,
            lead(labour_scan.corrected_at) over turn as ended_at,
            lead(labour_scan.action) over turn as next_action
        from order_present
        join labour_scan using (site, work_order)
        where labour_scan.at >= (select min(starts_at) from dirty_day) - interval '60 days'
        window turn as (
            partition by
                labour_scan.site, labour_scan.work_order, labour_scan.job, labour_scan.technician
            order by labour_scan.corrected_at, labour_scan.action
        )
    ) as clocking
    where action = 'on' and next_action = 'off' and ended_at - began_at <= interval '16 hours'
),

worked as (
    select site, work_order, range_agg(tstzrange(began_at, ended_at)) as spans
    from labour
    group by site, work_order
),

-- Intervals that are over, with the part of each in which somebody worked on the car.
stint as (
    select
        site,
        work_order,
        interval.stage,
        interval.bay,
        interval.entered_at,
        over.left_at,
        coalesce(interval.reason, workshop_stage.cause, interval.stage) as cause,
        case
            when workshop_stage.kind <> 'touch' then '{}'::tstzmultirange
            when worked.spans && over.span then worked.spans * over.span::tstzmultirange
            when interval.reason is not null then '{}'
            else over.span::tstzmultirange
        end as touched
    from order_present
    join stage_interval as interval using (site, work_order)
    join work_order using (site, work_order)
    left join worked using (site, work_order)
    left join workshop_stage on workshop_stage.stage = interval.stage
    cross join lateral (
        select
            ended.left_at,
            tstzrange(interval.entered_at, ended.left_at) as span
        from (
            select greatest(coalesce(interval.left_at, work_order.closed_at), interval.entered_at) as left_at
        ) as ended
        where coalesce(interval.left_at, work_order.closed_at) is not null
    ) as over
),

stint_seconds as (
    select
        site,
        work_order,
        cause,
        entered_at,
        extract(epoch from left_at - entered_at)::double precision as seconds,
        (
            select coalesce(sum(extract(epoch from upper(part) - lower(part))), 0)::double precision
            from unnest(touched) as part
        ) as touch_seconds
    from stint
),

-- How long orders waited, by cause; what lies before the first scan is the reception's.
wait_cause as (
    select site, work_order, cause, sum(seconds) as seconds
    from (
        select site, work_order, cause, seconds - touch_seconds as seconds
        from stint_seconds
        union all
        select
            site, work_order, 'reception', extract(epoch from min(entered_at) - min(opened_at))::double precision
        from stint_seconds
        join work_order using (site, work_order)
        group by site, work_order
    ) as wait
    group by site, work_order, cause
),

-- Visits of a stage: intervals of an order that follow each other in the same stage.
visit as (
    select
        site,
        work_order,
        stage,
        min(entered_at) as entered_at,
        case when bool_and(left_at is not null) then max(left_at) end as left_at,
        (array_agg(bay order by left_at - entered_at desc) filter (where bay is not null))[1] as bay,
        (array_agg(technician order by left_at - entered_at desc)
            filter (where technician is not null))[1] as technician
    from (
        select *, count(*) filter (where begins) over (partition by site, work_order order by position) as number
        from (
            select
                interval.*,
                interval.stage is distinct from lag(interval.stage) over (
                    partition by site, work_order order by interval.position
                ) as begins
            from order_present
            join stage_interval as interval using (site, work_order)
        ) as step
    ) as numbered
    group by site, work_order, stage, number
),

-- Visits that began on the days.
visit_begun as (
    select
        visit.site,
        dirty_day.day,
        extract(hour from visit.entered_at at time zone dirty_day.timezone)::smallint as hour,
        work_order.job_type,
        visit.stage,
        visit.bay,
        visit.technician,
        visit.left_at is not null and workshop_stage.kind is distinct from 'end' as finished,
        greatest(extract(epoch from visit.left_at - visit.entered_at), 1)::double precision as seconds
    from visit
    join dirty_day
        on dirty_day.site = visit.site
        and visit.entered_at >= dirty_day.starts_at
        and visit.entered_at < dirty_day.ends_at
    join work_order on work_order.site = visit.site and work_order.work_order = visit.work_order
    left join workshop_stage on workshop_stage.stage = visit.stage
)
