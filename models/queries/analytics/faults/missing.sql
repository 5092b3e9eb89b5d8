-- Parts that open orders wait for now: how many orders, since when, and until when they are expected.
select
    part,
    max(description) as description,
    sum(quantity) as quantity,
    count(*)::integer as orders,
    min(opened_at) as since,
    max(eta) as eta,
    (count(*) filter (where eta < %(now)s))::integer as late
from work_order
join work_order_part using (site, work_order)
where site = any(%(sites)s)
    and closed_at is null
    and status = 'ordered'
    and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
group by part
order by orders desc, part
limit %(most)s
