"""What stands told by rules is found by site; a hold says why."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_index(
        "rule_firing_standing_idx", "rule_firing", ["site"], postgresql_where=sa.text("answered_at IS NULL")
    )
    op.add_column("service_hold", sa.Column("reason", sa.Text(), nullable=True))
