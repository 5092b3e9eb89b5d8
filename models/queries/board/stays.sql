-- Where the cars of a site have been since a moment, those that are gone too.
select work_order, stage, bay, technician, reason, entered_at, left_at
from stage_interval
where site = %(site)s
  -- Of what began earlier and lasted into the day, a few days are enough; it keeps the index short.
  and entered_at >= %(since)s - interval '3 days'
  and (left_at is null or left_at >= %(since)s)
