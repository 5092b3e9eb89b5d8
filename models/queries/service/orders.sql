-- The work orders of vehicles, each with its jobs by code and operation, for what was last done and for whom.
select vin, site, work_order, opened_at, case when not cancelled then closed_at end as done_at, cancelled, job_type,
    customer_ref, customer_name, customer_phone, advisor, updated_at,
    array(
        select lower(name) from work_order_line as line, unnest(array[line.job, line.operation]) as name
        where line.site = work_order.site and line.work_order = work_order.work_order and name is not null
    ) as jobs
from work_order
where vin = any(%s)
order by vin, coalesce(opened_at, updated_at), site, work_order
