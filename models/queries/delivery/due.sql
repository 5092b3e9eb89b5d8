-- Messages of a channel that may leave now and are nobody's, the oldest first, locked; whether their customer has said no since.
select id, event_key, site, work_order, recipient_role as role, recipient, template, lang, payload, created_at, due_at, attempts,
    digest_key,
    exists (
        select from (
            select message.recipient as customer_ref where message.recipient_role = 'customer'
            union
            select raised.customer_ref from outbox_reminder as link
            join service_reminder as raised on raised.id = link.reminder_id
            where link.message_id = message.id
        ) as concerned,
        lateral (
            select allowed from customer_consent as word
            where word.site = message.site and word.customer_ref = concerned.customer_ref
            order by word.at desc limit 1
        ) as newest
        where not newest.allowed
    ) as unwanted
from outbox_message as message
where state = 'waiting' and channel = %(channel)s and due_at <= %(now)s
    and (claimed_until is null or claimed_until <= %(now)s)
    and not (recipient_role = 'customer' and site = any(%(asleep)s))
    -- Nobody is reminded of a service while the car is in the workshop.
    and not exists (
        select from outbox_reminder as link join service_reminder as raised on raised.id = link.reminder_id
        where link.message_id = message.id and raised.state = 'booked'
    )
    and (%(digest_key)s::text is null or digest_key = %(digest_key)s)
-- By nothing else: thousands are due at the same moment in the morning, and the index has no further order.
order by due_at
limit %(limit)s
for update skip locked
