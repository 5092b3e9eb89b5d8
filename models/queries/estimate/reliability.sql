-- Estimates by the share of the past that was over when the car was ready, and by the risk that was shown.
select
    stage,
    said.kind,
    least(floor(said.share * %(bins)s), %(bins)s - 1)::integer as bin,
    count(*)::integer as orders,
    sum(said.share) as said,
    (count(*) filter (where promise_error_seconds > 0))::integer as late
from unnest(%(sites)s::text[], %(begins)s::timestamptz[], %(ends)s::timestamptz[]) as asked (site, begins_at, ends_at)
join ready_estimate
    on ready_estimate.site = asked.site and ready_at >= asked.begins_at and ready_at < asked.ends_at
cross join lateral (values ('reached', reached), ('risk', risk)) as said (kind, share)
where said.share is not null
    and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
group by stage, said.kind, bin
order by stage, said.kind, bin
