-- Intervals of those orders that are over, with the part of each in which somebody worked on the car.
select
    stint.*,
    extract(epoch from upper(span) - lower(span))::double precision as seconds,
    (
        select coalesce(sum(extract(epoch from upper(part) - lower(part))), 0)::double precision
        from unnest(touched) as part
    ) as touch_seconds
from (
    select
        order_present.site,
        order_present.work_order,
        interval.stage,
        interval.bay,
        coalesce(interval.reason, workshop_stage.cause, interval.stage) as cause,
        over.span,
        case
            when workshop_stage.kind is distinct from 'touch' then '{}'
            when worked.spans && over.span then worked.spans * over.span::tstzmultirange
            when interval.reason is not null then '{}'
            else over.span::tstzmultirange
        end as touched
    from order_present
    cross join lateral (
        select stage_interval.*, work_order.closed_at
        from stage_interval
        join work_order using (site, work_order)
        where stage_interval.site = order_present.site
            and stage_interval.work_order = order_present.work_order
        offset 0
    ) as interval
    left join worked
        on worked.site = order_present.site and worked.work_order = order_present.work_order
    left join workshop_stage on workshop_stage.stage = interval.stage
    cross join lateral (
        select tstzrange(
            interval.entered_at,
            greatest(coalesce(interval.left_at, interval.closed_at), interval.entered_at)
        ) as span
    ) as over
    where coalesce(interval.left_at, interval.closed_at) > interval.entered_at
) as stint
