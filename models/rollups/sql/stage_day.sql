-- Visits of a stage that began on a day, and sums over those that are over.
select
    site,
    day,
    job_type,
    stage,
    count(*)::integer as entered,
    count(*) filter (where finished)::integer as visits,
    coalesce(sum(seconds) filter (where finished), 0) as seconds,
    coalesce(sum(ln(seconds)) filter (where finished), 0) as log_seconds,
    coalesce(sum(ln(seconds) ^ 2) filter (where finished), 0) as log_seconds_squared
from visit_begun
group by site, day, job_type, stage
