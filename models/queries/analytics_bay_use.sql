-- How long each bay was occupied and worked in within the opening hours of each day, also by cars still in it.
select site, bay, day, open_occupied_seconds, open_worked_seconds
from bay_day
where site = any(%(sites)s)
union all
select
    stay.site,
    stay.bay,
    opening_span.day,
    sum((
        select extract(epoch from upper(part) - lower(part)) from (select stay.span * opened.span) as inside (part)
    ))::double precision as open_occupied_seconds,
    coalesce(sum((
        select sum(extract(epoch from upper(part) - lower(part)))
        from unnest(stay.touched * opened.span::tstzmultirange) as part
    )), 0)::double precision as open_worked_seconds
from (
    select
        stage_interval.site,
        stage_interval.bay,
        here.span,
        case
            when workshop_stage.kind is distinct from 'touch' then '{}'
            when worked.spans && here.span then worked.spans * here.span::tstzmultirange
            when stage_interval.reason is not null then '{}'
            else here.span::tstzmultirange
        end as touched
    from stage_interval
    join work_order using (site, work_order)
    left join workshop_stage on workshop_stage.stage = stage_interval.stage
    cross join lateral (select tstzrange(stage_interval.entered_at, %(now)s) as span) as here
    left join lateral (
        select range_agg(tstzrange(began_at, least(ended_at, %(now)s))) as spans
        from (
            select
                action,
                corrected_at as began_at,
                coalesce(lead(corrected_at) over turn, %(now)s) as ended_at
            from labour_scan
            where labour_scan.site = stage_interval.site
                and labour_scan.work_order = stage_interval.work_order
                and corrected_at < %(now)s
            window turn as (partition by job, technician order by corrected_at, action)
        ) as clocking
        where action = 'on' and ended_at - began_at <= interval '16 hours'
    ) as worked on true
    where stage_interval.site = any(%(sites)s)
        and stage_interval.left_at is null
        and stage_interval.bay is not null
        and stage_interval.entered_at < %(now)s
        and work_order.closed_at is null
) as stay
join opening_span on opening_span.site = stay.site
    and opening_span.opens_at < upper(stay.span)
    and opening_span.closes_at > lower(stay.span)
cross join lateral (select tstzrange(opening_span.opens_at, opening_span.closes_at) as span) as opened
group by stay.site, stay.bay, opening_span.day
