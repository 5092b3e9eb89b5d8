-- Finished visits of a stage that began in a month, counted in bins; what it reads is filled in.
select
    site,
    date_trunc('month', day)::date as month,
    job_type,
    stage,
    bin,
    sum(visits)::integer as visits,
    sum(seconds) as seconds
from {stage_time} as times
group by site, date_trunc('month', day), job_type, stage, bin
