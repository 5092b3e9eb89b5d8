"""The service due next of a car, as its customer's page may read it."""

from alembic import op

revision = "0007"
down_revision = "0006"

VIEW = """
create view public_progress_service with (security_barrier) as
select link.token_hash, due.plan, due.item, due.due_km, due.due_on, due.projected_on
from progress_link as link
join work_order using (site, work_order)
join service_due as due using (vin)
where link.revoked_at is null and due.state not in ('done', 'suppressed')
"""


def upgrade() -> None:
    op.execute(VIEW)
