-- How long parts took from being ordered to being here, of the orders closed in a period: by part.
select
    part,
    max(description) as description,
    count(*)::integer as times,
    percentile_cont(0.5) within group (order by seconds) as median_seconds,
    percentile_cont(0.85) within group (order by seconds) as most_seconds
from (
    select
        site,
        work_order,
        part,
        max(description) as description,
        extract(epoch from
            min(corrected_at) filter (where status in ('arrived', 'fitted'))
            - min(corrected_at) filter (where status = 'ordered')
        )::double precision as seconds
    from {order_figures} as figures
    cross join lateral (
        select said.part, said.description, said.status, change.corrected_at
        from work_order_change as change
        cross join lateral jsonb_to_recordset(change.change -> 'parts')
            as said (part text, description text, status text)
        where change.site = figures.site
            and change.work_order = figures.work_order
            and jsonb_typeof(change.change -> 'parts') = 'array'
        offset 0
    ) as word
    where figures.site = any(%(sites)s)
        and day >= %(since)s
        and day < %(until)s
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
    group by site, work_order, part
) as lead
where seconds >= 0
group by part
