-- Open reminders of vehicles whose state must change: held, booked while the car is here, else as it was told.
-- One whose snooze is over, or whose message was withdrawn for a hold that was undone, is to be told of anew.
update service_reminder as reminder
set state = verdict.state,
    noticed_at = case when reminder.state = 'suppressed' and verdict.is_untold then null else noticed_at end
from (
    select raised.id,
        case
            when due.state = 'suppressed' then 'suppressed'
            when exists (
                select from work_order
                where work_order.vin = raised.vin and closed_at is null and updated_at > %(now)s - interval '60 days'
            ) then 'booked'
            when raised.channel is null then 'withheld'
            else coalesce((
                select case when bool_or(message.state = 'sent') then 'sent' when bool_and(message.state = 'dead') then 'failed' end
                from outbox_reminder as link join outbox_message as message on message.id = link.message_id
                where link.reminder_id = raised.id
            ), 'raised')
        end as state,
        exists (
            select from service_hold as hold
            where (hold.vin, hold.item, hold.cycle) = (raised.vin, raised.item, raised.cycle) and hold.until <= %(now)s
        ) or not exists (
            select from outbox_reminder as link join outbox_message as message on message.id = link.message_id
            where link.reminder_id = raised.id and message.state <> 'cancelled'
        ) as is_untold
    from service_reminder as raised
    left join service_due as due on due.vin = raised.vin and due.item = raised.item
    where raised.vin = any(%(vins)s) and raised.closed_at is null
) as verdict
where verdict.id = reminder.id and verdict.state <> reminder.state
returning reminder.id
