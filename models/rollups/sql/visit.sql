-- Visits of a stage: intervals of those orders that follow each other in the same stage.
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
                partition by interval.site, interval.work_order order by interval.position
            ) as begins
        from order_present
        cross join lateral (
            select *
            from stage_interval
            where stage_interval.site = order_present.site
                and stage_interval.work_order = order_present.work_order
            offset 0
        ) as interval
    ) as step
) as numbered
group by site, work_order, stage, number
