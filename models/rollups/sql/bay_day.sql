-- How long each bay was occupied on a day, and how long somebody worked there; what it reads is filled in.
select
    site,
    day,
    bay,
    sum(occupied_seconds) as occupied_seconds,
    sum(worked_seconds) as worked_seconds,
    sum(open_occupied_seconds) as open_occupied_seconds,
    sum(open_worked_seconds) as open_worked_seconds
from {bay_hour} as hours
group by site, day, bay
