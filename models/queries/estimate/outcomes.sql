-- How estimates of orders that became ready between two instants turned out: by stage, job type, and week.
select
    stage,
    job_type,
    week,
    kind,
    orders::integer,
    by_p50::integer,
    by_p80::integer,
    error_seconds,
    median_error_seconds,
    promised::integer,
    promised_error_seconds,
    promise_error_seconds
from (
    select
        stage,
        job_type,
        week,
        case
            when grouping(job_type) = 0 then 'job'
            when grouping(week) = 0 then 'week'
            else 'all'
        end as kind,
        count(*) as orders,
        count(*) filter (where ready_at <= p50_at) as by_p50,
        count(*) filter (where ready_at <= p80_at) as by_p80,
        sum(abs(error_seconds)) as error_seconds,
        sum(abs(median_error_seconds)) as median_error_seconds,
        count(promise_error_seconds) as promised,
        coalesce(sum(abs(error_seconds)) filter (where promise_error_seconds is not null), 0) as promised_error_seconds,
        coalesce(sum(abs(promise_error_seconds)), 0) as promise_error_seconds
    from (
        select
            ready_estimate.*,
            date_trunc('week', ready_at at time zone asked.zone)::date as week
        from unnest(%(sites)s::text[], %(zones)s::text[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
            as asked (site, zone, begins_at, ends_at)
        join ready_estimate
            on ready_estimate.site = asked.site and ready_at >= asked.begins_at and ready_at < asked.ends_at
        where %(job_types)s::text[] is null or job_type = any(%(job_types)s)
    ) as estimate
    group by grouping sets ((stage), (stage, job_type), (stage, week))
) as outcome
order by stage, kind, job_type, week
