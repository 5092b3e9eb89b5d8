-- One visit as its own customer may see it, by the hash of a token that is not revoked.
select
    site, ticket, plate, make, model, job_type, stage, stage_entered_at, operation, reason,
    opened_at, promised_at, closed_at, cancelled, ends_at
from public_progress
where token_hash = %s
