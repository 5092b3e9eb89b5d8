"""What was left out or rewritten of a message, orders that fail to project, and foreign ids of devices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"

_TABLES = (
    "stage_scan", "labour_scan", "diagnostic_report", "odometer_reading", "work_order_change",
    "device_status",
)  # fmt: skip


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("notes", JSONB(), nullable=True))
    op.create_table(
        "projection_failure",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", "work_order", name=op.f("projection_failure_pkey")),
    )
    op.add_column("device", sa.Column("known_as", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("device_site_known_as_key"), "device", ["site", "known_as"])
