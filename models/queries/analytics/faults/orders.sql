-- Orders closed in a period on which a trouble code was found, or that needed a part, the longest first.
select
    figures.site,
    figures.work_order,
    figures.job_type,
    work_order.plate,
    figures.opened_at,
    figures.closed_at,
    figures.cycle_seconds,
    figures.touch_seconds,
    figures.cycle_seconds as asked_seconds,
    figures.on_time,
    figures.came_back,
    (count(*) over ())::integer as orders
from {order_figures} as figures
join work_order using (site, work_order)
left join known_vehicle as vehicle on vehicle.site = figures.site and vehicle.vin = figures.vin
where figures.site = any(%(sites)s)
    and day >= %(since)s
    and day < %(until)s
    and (%(job_types)s::text[] is null or figures.job_type = any(%(job_types)s))
    and (%(model)s::text is null or concat_ws(' ', make, model) = %(model)s)
    and (
        %(code)s::text is null
        or exists (
            select from trouble_code
            join diagnostic_report using (site, device, event_id, at)
            where trouble_code.vin = figures.vin
                -- Tools' own clocks may be off by a day.
                and trouble_code.at >= figures.opened_at - interval '1 day'
                and trouble_code.at <= figures.closed_at + interval '1 day'
                and corrected_at between figures.opened_at and figures.closed_at
                and trouble_code.site = figures.site
                and code = %(code)s
        )
    )
    and (
        %(part)s::text is null
        or exists (
            select from work_order_part
            where work_order_part.site = figures.site
                and work_order_part.work_order = figures.work_order
                and part = %(part)s
        )
    )
order by figures.cycle_seconds desc
limit %(most)s
