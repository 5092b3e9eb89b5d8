"""What large histories need: how far they are written, and figures added up by day."""

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
    op.create_table(
        "bay_day_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=False),
        sa.Column("occupied_seconds", sa.Double(), nullable=False),
        sa.Column("worked_seconds", sa.Double(), nullable=False),
        sa.Column("open_occupied_seconds", sa.Double(), nullable=False),
        sa.Column("open_worked_seconds", sa.Double(), nullable=False),
    )
    op.create_index(op.f("bay_day_settled_site_day_idx"), "bay_day_settled", ["site", "day"], unique=False)
    op.create_table(
        "bay_hour_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=False),
        sa.Column("occupied_seconds", sa.Double(), nullable=False),
        sa.Column("worked_seconds", sa.Double(), nullable=False),
        sa.Column("open_occupied_seconds", sa.Double(), nullable=False),
        sa.Column("open_worked_seconds", sa.Double(), nullable=False),
    )
    op.create_index(op.f("bay_hour_settled_site_day_idx"), "bay_hour_settled", ["site", "day"], unique=False)
    op.create_table(
        "mileage_hour_settled",
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("least_km", sa.Double(), nullable=False),
        sa.Column("most_km", sa.Double(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vin", "hour", "site", name=op.f("mileage_hour_settled_pkey")),
    )
    op.create_table(
        "opening_span",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("site", "opens_at", name=op.f("opening_span_pkey")),
    )
    op.create_table(
        "order_day_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("cycle_seconds", sa.Double(), nullable=False),
        sa.Column("open_cycle_seconds", sa.Double(), nullable=False),
        sa.Column("log_cycle_seconds", sa.Double(), nullable=False),
        sa.Column("log_cycle_seconds_squared", sa.Double(), nullable=False),
        sa.Column("touch_seconds", sa.Double(), nullable=False),
        sa.Column("promised", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("sold_hours", sa.Double(), nullable=False),
        sa.Column("clocked_seconds", sa.Double(), nullable=False),
        sa.Column("came_back", sa.Integer(), nullable=False),
    )
    op.create_index(
        op.f("order_day_settled_site_day_idx"), "order_day_settled", ["site", "day"], unique=False
    )
    op.create_table(
        "order_figures_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("vin", sa.Text(), nullable=True),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("advisor", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cycle_seconds", sa.Double(), nullable=False),
        sa.Column("open_cycle_seconds", sa.Double(), nullable=False),
        sa.Column("touch_seconds", sa.Double(), nullable=False),
        sa.Column("wait_seconds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("on_time", sa.Boolean(), nullable=True),
        sa.Column("sold_hours", sa.Double(), nullable=False),
        sa.Column("clocked_seconds", sa.Double(), nullable=False),
        sa.Column("came_back", sa.Boolean(), nullable=False),
    )
    op.create_index(
        op.f("order_figures_settled_site_day_idx"), "order_figures_settled", ["site", "day"], unique=False
    )
    op.create_index(
        op.f("order_figures_settled_site_work_order_idx"),
        "order_figures_settled",
        ["site", "work_order"],
        unique=False,
    )
    op.create_table(
        "rollup_dirty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("rollup_dirty_pkey")),
    )
    op.create_index(op.f("rollup_dirty_site_idx"), "rollup_dirty", ["site"], unique=False)
    op.create_table(
        "stage_day_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("log_seconds", sa.Double(), nullable=False),
        sa.Column("log_seconds_squared", sa.Double(), nullable=False),
    )
    op.create_index(
        op.f("stage_day_settled_site_day_idx"), "stage_day_settled", ["site", "day"], unique=False
    )
    op.create_table(
        "stage_time_month_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("bin", sa.SmallInteger(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
    )
    op.create_index(
        op.f("stage_time_month_settled_site_month_idx"),
        "stage_time_month_settled",
        ["site", "month"],
        unique=False,
    )
    op.create_table(
        "stage_time_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=True),
        sa.Column("technician", sa.Text(), nullable=True),
        sa.Column("bin", sa.SmallInteger(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
    )
    op.create_index(
        op.f("stage_time_settled_site_day_idx"), "stage_time_settled", ["site", "day"], unique=False
    )
    op.create_table(
        "technician_day_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("technician", sa.Text(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("clocked_seconds", sa.Double(), nullable=False),
        sa.Column("sold_hours", sa.Double(), nullable=False),
    )
    op.create_index(
        op.f("technician_day_settled_site_day_idx"), "technician_day_settled", ["site", "day"], unique=False
    )
    op.create_table(
        "wait_day_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
    )
    op.create_index(op.f("wait_day_settled_site_day_idx"), "wait_day_settled", ["site", "day"], unique=False)
    op.create_table(
        "workshop_site",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("spans_since", sa.Date(), nullable=True),
        sa.Column("spans_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("site", name=op.f("workshop_site_pkey")),
    )
    op.create_table(
        "workshop_stage",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stage", name=op.f("workshop_stage_pkey")),
    )
    op.create_index(
        "stage_interval_long_idx",
        "stage_interval",
        ["site", "left_at"],
        unique=False,
        postgresql_where=sa.text("left_at - entered_at > interval '1 day'"),
    )
    op.create_index("work_order_site_closed_at_idx", "work_order", ["site", "closed_at"], unique=False)
