-- Messages of a channel that are due and nobody's, the oldest first, locked; whether their customer has said no since.
select id, event_key, site, recipient_role as role, recipient, template, lang, payload, created_at, due_at, attempts,
    digest_key,
    exists (
        select from (
            select distinct on (customer_ref) allowed from customer_consent as word
            where word.site = message.site and (
                message.recipient_role = 'customer' and word.customer_ref = message.recipient
                or word.customer_ref in (
                    select raised.customer_ref from outbox_reminder as link
                    join service_reminder as raised on raised.id = link.reminder_id
                    where link.message_id = message.id
                )
            )
            order by customer_ref, at desc
        ) as newest where not allowed
    ) as unwanted
from outbox_message as message
where state = 'waiting' and channel = %(channel)s and due_at <= %(now)s
    and (claimed_until is null or claimed_until <= %(now)s)
    and not (recipient_role = 'customer' and site = any(%(asleep)s))
    and (%(digest_key)s::text is null or digest_key = %(digest_key)s)
order by due_at, id
limit %(limit)s
for update skip locked
