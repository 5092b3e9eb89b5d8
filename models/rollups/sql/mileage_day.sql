-- What vehicles' odometers said on each of the site's days.
select
    site,
    vin,
    (hour at time zone coalesce(workshop_site.timezone, 'UTC'))::date as day,
    min(least_km) as least_km,
    max(most_km) as most_km,
    sum(readings)::integer as readings
from mileage_hour
left join workshop_site using (site)
group by site, vin, (hour at time zone coalesce(workshop_site.timezone, 'UTC'))::date
