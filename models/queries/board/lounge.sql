-- Every open visit of a site as the waiting room may see it; reads the public view and nothing else.
select
    ticket, plate, customer_waiting, job_type, stage, stage_entered_at, bay, operation, reason, promised_at,
    sold_hours, again, parts_due_at
from public_board
where site = %(site)s
order by ticket
