-- Visits in some of the bays or by some of the technicians, their logarithms known as exactly as their bins.
select site, day, job_type, stage, visits, visits * (bin + 0.5) * ln(1.1::double precision) as log_seconds
from stage_time
where (%(bays)s::text[] is null or bay = any(%(bays)s))
    and (%(technicians)s::text[] is null or technician = any(%(technicians)s))
