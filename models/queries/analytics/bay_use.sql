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
        work_order.site,
        here.bay,
        here.span,
        case
            when workshop_stage.kind is distinct from 'touch' then '{}'
            when worked.spans && here.span then worked.spans * here.span::tstzmultirange
            when here.reason is not null then '{}'
            else here.span::tstzmultirange
        end as touched
    from work_order
    cross join lateral (
        select bay, stage, reason, tstzrange(entered_at, %(now)s) as span
        from stage_interval
        where stage_interval.site = work_order.site
            and stage_interval.work_order = work_order.work_order
            and left_at is null
            and bay is not null
            and entered_at < %(now)s
        offset 0
    ) as here
    left join workshop_stage on workshop_stage.stage = here.stage
    left join lateral (
        select range_agg(tstzrange(began_at, least(ended_at, %(now)s))) as spans
        from (
            select
                action,
                corrected_at as began_at,
                coalesce(lead(corrected_at) over turn, %(now)s) as ended_at
            from labour_scan
            where labour_scan.site = work_order.site
                and labour_scan.work_order = work_order.work_order
                and corrected_at < %(now)s
            window turn as (partition by job, technician order by corrected_at, action)
        ) as clocking
        where action = 'on' and ended_at - began_at <= @longest_shift
    ) as worked on true
    where work_order.site = any(%(sites)s) and work_order.closed_at is null
) as stay
join opening_span on opening_span.site = stay.site
    and opening_span.opens_at < upper(stay.span)
    and opening_span.closes_at > lower(stay.span)
cross join lateral (select tstzrange(opening_span.opens_at, opening_span.closes_at) as span) as opened
group by stay.site, stay.bay, opening_span.day
