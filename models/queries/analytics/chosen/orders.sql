-- The figures of orders that were scanned into one of the bays, or with one of the technicians.
select *
from order_figures
where site = any(%(sites)s)
    and day >= %(before)s
    and day < %(until)s
    and (site, work_order) in (
        select site, work_order
        from stage_interval
        where site = any(%(sites)s)
            and entered_at >= %(before)s::date - interval '60 days'
            and entered_at < %(until)s::date + interval '1 day'
            and (%(bays)s::text[] is null or bay = any(%(bays)s))
            and (%(technicians)s::text[] is null or technician = any(%(technicians)s))
    )
