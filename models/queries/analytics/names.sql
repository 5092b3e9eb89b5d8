-- The job types and technicians of a period.
select
    array(
        select distinct job_type
        from labour_day
        where site = any(%(sites)s) and day >= %(since)s and day < %(until)s and job_type is not null
        order by job_type
    ) as job_types,
    array(
        select distinct technician
        from technician_day
        where site = any(%(sites)s) and day >= %(since)s and day < %(until)s
        order by technician
    ) as technicians
