-- What was said of a reminder, to whom, and every attempt to say it, the oldest first.
select
    message.id, message.recipient_role as role, message.recipient, message.template, message.state,
    message.due_at, message.settled_at, attempt.attempt, attempt.attempted_at, attempt.channel, attempt.outcome,
    attempt.detail
from outbox_reminder as link
join outbox_message as message on message.id = link.message_id
left join delivery_attempt as attempt on attempt.message_id = message.id
where link.reminder_id = %(reminder)s
order by message.id, attempt.attempt
