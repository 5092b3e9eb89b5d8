-- Finished visits of a stage that began in a period, with their orders, the longest first.
-- The rollup says in which hours the longest began, so that only the orders of these are read.
with counted as materialized (
    select site, day, hour, bin, visits
    from stage_time
    where site = any(%(sites)s)
        and day >= %(since)s
        and day < %(until)s
        and stage = %(stage)s
        and (%(hour)s::integer is null or hour = %(hour)s)
        and (%(weekday)s::integer is null or extract(isodow from day) = %(weekday)s)
        and (%(least_bin)s::integer is null or bin >= %(least_bin)s)
        and (%(end_bin)s::integer is null or bin < %(end_bin)s)
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
        and (%(bays)s::text[] is null or bay = any(%(bays)s))
        and (%(technicians)s::text[] is null or technician = any(%(technicians)s))
),
needed as materialized (
    select min(bin) filter (where longer < %(most)s) as least_bin, sum(visits)::integer as visits
    from (
        select bin, sum(visits) as visits, sum(sum(visits)) over (order by bin desc) - sum(visits) as longer
        from counted
        group by bin
    ) as ranked
),
longest as materialized (
    select distinct site, day, hour, bin, timezone
    from counted
    join workshop_site using (site)
    where bin >= (select least_bin from needed)
),
present as materialized (
    select distinct site, work_order, timezone
    from (select distinct site, timezone, day + hour * interval '1 hour' as begins from longest) as moment
    -- An hour earlier too: where a clock is set back, an hour comes twice.
    cross join lateral (
        select stage_interval.work_order
        from stage_interval
        where stage_interval.site = moment.site
            and entered_at >= moment.begins at time zone timezone - interval '1 hour'
            and entered_at < (moment.begins + interval '1 hour') at time zone timezone
            and stage = %(stage)s
        offset 0
    ) as begun
)
select
    found.site,
    found.work_order,
    work_order.job_type,
    work_order.plate,
    found.bay,
    found.technician,
    found.entered_at,
    found.left_at,
    found.seconds as asked_seconds,
    (select visits from needed) as orders
from (
    select
        site,
        work_order,
        min(entered_at) as entered_at,
        max(left_at) as left_at,
        min(entered_at) at time zone timezone as began,
        extract(epoch from max(left_at) - min(entered_at))::double precision as seconds,
        (array_agg(bay order by left_at - entered_at desc) filter (where bay is not null))[1] as bay,
        (array_agg(technician order by left_at - entered_at desc)
            filter (where technician is not null))[1] as technician
    from (
        select
            interval.*,
            timezone,
            position - row_number() over (partition by interval.site, interval.work_order order by position)
                as island
        from present
        cross join lateral (
            select *
            from stage_interval
            where stage_interval.site = present.site
                and stage_interval.work_order = present.work_order
                and stage = %(stage)s
            offset 0
        ) as interval
    ) as step
    group by site, work_order, timezone, island
    having bool_and(left_at is not null)
) as found
join longest
    on longest.site = found.site
    and longest.day = found.began::date
    and longest.hour = extract(hour from found.began)::smallint
    and longest.bin = floor(ln(greatest(found.seconds, 1)) / ln(1.1))::smallint
join work_order on work_order.site = found.site and work_order.work_order = found.work_order
where (%(job_types)s::text[] is null or work_order.job_type = any(%(job_types)s))
    and (%(bays)s::text[] is null or found.bay = any(%(bays)s))
    and (%(technicians)s::text[] is null or found.technician = any(%(technicians)s))
order by seconds desc
limit %(most)s
