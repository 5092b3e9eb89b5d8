-- How many cars came to a site and were delivered since a moment.
select
    (
        select count(*)
        from stage_interval
        where site = %(site)s and position = 0 and entered_at >= %(since)s
    ) as came_in,
    (
        select count(*)
        from work_order
        where site = %(site)s and closed_at >= %(since)s and not cancelled
    ) as went_out
