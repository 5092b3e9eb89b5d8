-- Parts that the orders closed in a period needed: by part, by part and month, by part and job type.
with used as materialized (
    select
        part,
        description,
        quantity,
        coalesce(job_type, '') as job_type,
        date_trunc('month', day::timestamp)::date as month
    from {order_figures} as figures
    join work_order_part using (site, work_order)
    where figures.site = any(%(sites)s)
        and day >= %(since)s
        and day < %(until)s
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
),
frequent as (
    select part from used group by part order by sum(quantity) desc, part limit %(most)s
)
select
    part,
    max(description) as description,
    month,
    job_type,
    sum(quantity) as quantity,
    count(*)::integer as orders
from used
join frequent using (part)
group by grouping sets ((part), (part, month), (part, job_type))
