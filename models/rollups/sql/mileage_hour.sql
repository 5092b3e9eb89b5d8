-- What vehicles' odometers said by the hour of the devices' own clocks, refused readings left out.
select
    site,
    vin,
    date_trunc('hour', at, 'UTC') as hour,
    min(km) as least_km,
    max(km) as most_km,
    count(*)::integer as readings
from odometer_reading
where trusted is distinct from false
group by site, vin, date_trunc('hour', at, 'UTC')
