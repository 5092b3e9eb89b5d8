-- A database full of reviewed vehicles, by arithmetic: mileage, rates and services are spread as in a park.
-- Some of the vehicles have 60 readings each that were not judged yet.
insert into vehicle (vin, plate, make, model, year, powertrain, in_service_on, as_of)
select 'BENCH' || lpad(n::text, 12, '0'), 'B' || n, (array['Volkswagen', 'Toyota', 'Buick', 'BYD'])[1 + n %% 4],
    'M' || n %% 7, 2020, case n %% 5 when 0 then 'electric' else 'petrol' end, %(now)s::date - 200 - n %% 3000, %(now)s
from generate_series(1, %(vehicles)s) as n;

insert into site_vehicle select %(site)s, vehicle.* from vehicle;
insert into vehicle_service (
    vin, site, customer_ref, advisor, first_km, first_at, km, km_at,
    km_per_day, km_per_day_low, km_per_day_high, rate_from, trusted_readings, orders_as_of, reviewed_at
)
select vin, %(site)s, 'C' || n, 'A1', 100, %(now)s - interval '150 days', 100 + n %% 160000,
    %(now)s - interval '1 day' * (n %% 30),
    15 + n %% 60, 12 + n %% 50, 18 + n %% 75, 'readings', 60, %(now)s, %(now)s
from vehicle, lateral (select substr(vin, 6)::int as n) as numbered;

insert into service_done (vin, job, done_at, km, site, work_order)
select vin, job, %(now)s - interval '1 day' * (10 + (n * 7 + position * 31) %% 400),
    greatest(0, 100 + n %% 160000 - (n %% 160000 * 13 + position * 1000) %% 12000), %(site)s, 'RO-' || n
from vehicle, lateral (select substr(vin, 6)::int as n) as numbered,
    unnest(array[
        'oil and filter service', 'electric drive service', 'brake fluid change', 'engine air filter', 'wheel alignment',
        'j1', 'j2', 'type:maintenance'
    ]) with ordinality as done (job, position);

insert into odometer_reading (site, device, event_id, at, received_at, corrected_at, vin, km, value, unit)
select %(site)s, 'gateway', vin || day, at, at, at, vin, km, km, 'km'
from (select vin from vehicle order by vin limit %(read)s) as read, generate_series(1, 60) as day,
    lateral (select %(now)s - interval '5 days' * (60 - day) as at, 20000 + day * 200.0 as km) as shown;

analyze;
