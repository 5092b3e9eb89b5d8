-- Open reminders of vehicles whose due has gone: done, gone by, or no item of the vehicle's plan any more.
update service_reminder as reminder
set state = verdict.state, closed_at = %(now)s, closed_by = verdict.closed_by
from (
    select raised.id,
        case
            when due.vin is null then 'dropped'
            when due.done_by = due.cycle or due.done_on >= raised.raised_at::date - %(early_days)s then 'done'
            else 'lapsed'
        end as state,
        case when due.done_by = due.cycle or due.done_on >= raised.raised_at::date - %(early_days)s then due.done_by end as closed_by
    from service_reminder as raised
    left join service_due as due on due.vin = raised.vin and due.item = raised.item
    where raised.vin = any(%(vins)s)
      and raised.closed_at is null
      and (due.vin is null or due.cycle <> raised.cycle or due.state = 'done')
) as verdict
where verdict.id = reminder.id
returning reminder.id
