"""What large histories need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "backfill_progress",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("days_written", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("backfill_progress_pkey")),
    )
