-- The job types and technicians that were there since a day.
select
    (
        select array_agg(distinct job_type order by job_type)
        from technician_day
        where site = any(%(sites)s) and day >= %(since)s and job_type is not null
    ) as job_types,
    (
        select array_agg(distinct technician order by technician)
        from technician_day
        where site = any(%(sites)s) and day >= %(since)s
    ) as technicians
