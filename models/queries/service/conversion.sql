-- Vehicles told of a service, by month of the site, and how many came within 30 days. A vehicle that was told of
-- several items in a day counts once; those told less than 30 days ago may still come, and are counted apart.
with told as (
    select distinct on (reminder.vin, (raised_at at time zone %(zone)s)::date)
        reminder.vin, raised_at, channel, raised_at > %(now)s - interval '30 days' as may_come
    from service_reminder as reminder
    where site = %(site)s and channel is not null and raised_at >= %(since)s and raised_at < %(until)s
    order by reminder.vin, (raised_at at time zone %(zone)s)::date, raised_at
)
select date_trunc('month', raised_at at time zone %(zone)s)::date as month,
    count(*) as told,
    count(*) filter (where came.opened_at is not null) as came,
    count(*) filter (where came.opened_at is null and may_come) as may_come,
    count(*) filter (where channel = 'call') as called
from told
left join lateral (
    select min(opened_at) as opened_at from work_order
    where work_order.vin = told.vin and not cancelled
      and opened_at >= raised_at and opened_at < raised_at + interval '30 days'
) as came on true
group by 1
order by 1
