-- Visits by model and by mileage, and on how many of them each of the most frequent trouble codes was found.
-- Mileage is reckoned between the first and the last that is believed of the vehicle. What it reads is filled in.
with visit as materialized (
    select
        figures.site,
        figures.work_order,
        figures.vin,
        figures.opened_at,
        figures.closed_at,
        coalesce(nullif(concat_ws(' ', vehicle.make, vehicle.model), ''), '') as model,
        coalesce(width_bucket(
            case
                when service.km_at > service.first_at then
                    service.first_km + (service.km - service.first_km)
                    * extract(epoch from figures.opened_at - service.first_at)
                    / extract(epoch from service.km_at - service.first_at)
                else service.km
            end::double precision,
            %(bands)s::double precision[]
        ), -1) as band
    from {order_figures} as figures
    left join known_vehicle as vehicle on vehicle.site = figures.site and vehicle.vin = figures.vin
    left join vehicle_service as service
        on service.vin = figures.vin and are_one(figures.site, service.site)
    where figures.site = any(%(sites)s)
        and day >= %(since)s
        and day < %(until)s
        and (%(job_types)s::text[] is null or job_type = any(%(job_types)s))
),
found as materialized (
    select distinct visit.site, visit.work_order, visit.model, visit.band, trouble_code.code
    from trouble_code
    join diagnostic_report using (site, device, event_id, at)
    join visit on visit.site = trouble_code.site and visit.vin = trouble_code.vin
    where trouble_code.site = any(%(sites)s)
        -- Tools' own clocks may be off by a day.
        and trouble_code.at >= %(since)s::date - interval '61 days'
        and trouble_code.at < %(until)s::date + interval '2 days'
        and corrected_at between visit.opened_at and visit.closed_at
),
frequent as (
    select code from found group by code order by count(*) desc, code limit %(most)s
)
select null as code, model, band, count(*)::integer as visits
from visit
group by grouping sets ((model), (band), ())
union all
select code, model, band, count(*)::integer
from found
join frequent using (code)
group by grouping sets ((code, model), (code, band), (code))
