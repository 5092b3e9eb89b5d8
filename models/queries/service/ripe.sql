-- Due items of a site of which people must be told: the first time, again because the day is near, or after a hold
-- or a no.
-- Not while the car is in the workshop; an order that nobody has touched for long keeps no car there.
select due.vin, due.item, due.cycle, due.plan, due.due_km, due.due_on, due.projected_on, reminder.id as reminder_id,
    coalesce(reminder.notices, 0) as notices, owner.site, owner.km, owner.customer_ref, owner.customer_name, owner.customer_phone,
    owner.advisor, plate, make, model
from service_due as due
join vehicle_service as owner using (vin)
join known_vehicle as vehicle on vehicle.site = owner.site and vehicle.vin = due.vin
left join service_reminder as reminder
    on reminder.vin = due.vin and reminder.item = due.item and reminder.cycle = due.cycle
where owner.site = %(site)s
  and due.vin > %(after)s
  and (%(vins)s::text[] is null or due.vin = any(%(vins)s))
  and due.first_notice_on <= %(today)s
  and (
      reminder.id is null
      or (
          -- Whoever was not asked, or said no, and says yes while it is still due.
          reminder.closed_at is null and reminder.state = 'withheld' and (
              select allowed from customer_consent as word
              where word.site = owner.site and word.customer_ref = owner.customer_ref
              order by word.at desc limit 1
          )
      )
      or (
          reminder.closed_at is null and reminder.state in ('raised', 'sent', 'failed')
          and (
              reminder.noticed_at is null
              or (
                  reminder.notices = 1 and due.second_notice_on <= %(today)s
                  and reminder.noticed_at <= %(now)s - interval '3 days'
              )
          )
      )
  )
  and not exists (
      select from work_order
      where work_order.vin = due.vin and closed_at is null and updated_at > %(now)s - interval '60 days'
  )
order by due.vin, due.projected_on, due.item
limit %(limit)s
