-- Finished visits of a stage by the hour they began in, counted in bins a tenth wide.
select
    site,
    day,
    hour,
    job_type,
    stage,
    bay,
    technician,
    floor(ln(seconds) / ln(1.1))::smallint as bin,
    count(*)::integer as visits,
    sum(seconds) as seconds
from visit_begun
where finished
group by site, day, hour, job_type, stage, bay, technician, floor(ln(seconds) / ln(1.1))
