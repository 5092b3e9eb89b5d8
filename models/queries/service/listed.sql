-- Items of vehicles of which somebody is, was or may be told, each with where it stands; `listed` for a query after it.
with listed as (
    select
        case
            when due.state = 'suppressed' then 'held'
            when reminder.state = 'booked' then 'booked'
            when reminder.state = 'sent' then 'sent'
            when reminder.state in ('raised', 'failed') then 'raised'
            else 'due'
        end as shown,
        owner.site, due.vin, vehicle.plate, vehicle.make, vehicle.model, owner.customer_name,
        due.plan, due.item, due.cycle, due.state as due_state, owner.km, due.due_km, due.due_on,
        due.projected_on, due.projected_from, due.projected_to,
        reminder.id as reminder_id, reminder.state as reminder_state, reminder.channel,
        reminder.raised_at, reminder.closed_at, reminder.closed_by, hold.until as held_until, hold.reason as held_because
    from service_due as due
    join vehicle_service as owner using (vin)
    left join known_vehicle as vehicle on vehicle.site = owner.site and vehicle.vin = due.vin
    left join service_reminder as reminder
        on reminder.vin = due.vin and reminder.item = due.item and reminder.cycle = due.cycle and reminder.closed_at is null
    left join service_hold as hold on hold.vin = due.vin and hold.item = due.item and hold.cycle = due.cycle
    where due.state in ('soon', 'due', 'overdue', 'suppressed')
    union all
    select
        'done', reminder.site, reminder.vin, vehicle.plate, vehicle.make, vehicle.model, owner.customer_name,
        reminder.plan, reminder.item, reminder.cycle, reminder.state, reminder.km, reminder.due_km, reminder.due_on,
        reminder.projected_on, null, null,
        reminder.id, reminder.state, reminder.channel,
        reminder.raised_at, reminder.closed_at, reminder.closed_by, null, null
    from service_reminder as reminder
    left join vehicle_service as owner on owner.vin = reminder.vin and are_one(reminder.site, owner.site)
    left join known_vehicle as vehicle on vehicle.site = reminder.site and vehicle.vin = reminder.vin
    where reminder.closed_at >= %(closed_since)s
),
chosen as (
    select * from listed
    where (%(sites)s::text[] is null or site = any(%(sites)s))
      and (%(site)s::text is null or site = %(site)s)
      and (%(item)s::text is null or item = %(item)s)
      and (%(search)s::text is null or plate ilike %(search)s or vin ilike %(search)s)
)
