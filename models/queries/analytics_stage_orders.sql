-- Finished visits of a stage that began in a period, with their orders, the longest first.
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
    (count(*) over ())::integer as orders
from (
    select
        site,
        work_order,
        min(entered_at) as entered_at,
        max(left_at) as left_at,
        extract(epoch from max(left_at) - min(entered_at))::double precision as seconds,
        (array_agg(bay order by left_at - entered_at desc) filter (where bay is not null))[1] as bay,
        (array_agg(technician order by left_at - entered_at desc)
            filter (where technician is not null))[1] as technician
    from (
        select *, position - row_number() over (partition by site, work_order order by position) as island
        from stage_interval
        where site = any(%(sites)s)
            and stage = %(stage)s
            and entered_at >= %(since)s::date - interval '3 days'
            and entered_at < %(until)s::date + interval '3 days'
    ) as interval
    group by site, work_order, island
    having bool_and(left_at is not null)
) as found
join workshop_site using (site)
join work_order using (site, work_order)
where (entered_at at time zone timezone)::date >= %(since)s
    and (entered_at at time zone timezone)::date < %(until)s
    and (%(hour)s::integer is null or extract(hour from entered_at at time zone timezone) = %(hour)s)
    and (%(weekday)s::integer is null or extract(isodow from entered_at at time zone timezone) = %(weekday)s)
    and (%(least)s::float is null or greatest(seconds, 1) >= %(least)s)
    and (%(most_seconds)s::float is null or greatest(seconds, 1) < %(most_seconds)s)
    and (%(job_types)s::text[] is null or work_order.job_type = any(%(job_types)s))
    and (%(bays)s::text[] is null or found.bay = any(%(bays)s))
    and (%(technicians)s::text[] is null or found.technician = any(%(technicians)s))
order by seconds desc
limit %(most)s
