-- The trouble codes found during a visit, each once, with the gravest status it was found with.
select
    code,
    (array_agg(status order by array_position(array['permanent', 'confirmed', 'pending'], status)))[1] as status,
    min(found_at) as found_at
from public_progress_finding
where token_hash = %s
group by code
order by min(found_at), code
