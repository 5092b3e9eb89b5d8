"""What sites have learned of how long things take, and how their estimates turned out."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "site_model",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("model", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("site_model_pkey")),
    )
    op.create_table(
        "ready_estimate",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("p50_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("p80_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_seconds", sa.Double(), nullable=False),
        sa.Column("promise_error_seconds", sa.Double(), nullable=True),
        sa.Column("median_error_seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("site", "work_order", "stage", name=op.f("ready_estimate_pkey")),
    )
    op.create_index(
        op.f("ready_estimate_site_ready_at_idx"), "ready_estimate", ["site", "ready_at"], unique=False
    )
