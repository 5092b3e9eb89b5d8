"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    # Written by Alembic from models.schema.
    op.create_table(
        "bay_stay",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("site", "bay", "entered_at", "work_order", name=op.f("bay_stay_pkey")),
    )
    op.create_index(op.f("bay_stay_site_work_order_idx"), "bay_stay", ["site", "work_order"], unique=False)
    op.create_table(
        "device",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("vin", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("site", "device", name=op.f("device_pkey")),
    )
    op.create_table(
        "device_state",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("messages_per_minute", sa.Double(), nullable=False),
        sa.Column("offset_seconds", sa.Double(), nullable=True),
        sa.Column("offset_measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("site", "device", name=op.f("device_state_pkey")),
    )
    op.create_table(
        "device_status",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firmware", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("site", "source", "device", "at", "state", name=op.f("device_status_pkey")),
    )
    op.create_index(
        op.f("device_status_site_source_device_received_at_idx"),
        "device_status",
        ["site", "source", "device", "received_at"],
        unique=False,
    )
    op.create_table(
        "diagnostic_report",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=True),
        sa.Column("measurements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tool_serial", sa.Text(), nullable=True),
        sa.Column("tool_calibration_due", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("site", "device", "event_id", "at", name=op.f("diagnostic_report_pkey")),
    )
    op.create_index(
        "diagnostic_report_calibration_idx",
        "diagnostic_report",
        ["site", "device", "at"],
        unique=False,
        postgresql_where=sa.text("tool_calibration_due IS NOT NULL"),
    )
    op.create_index(op.f("diagnostic_report_vin_at_idx"), "diagnostic_report", ["vin", "at"], unique=False)
    op.create_table(
        "labour_scan",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("technician", sa.Text(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", "device", "event_id", "at", name=op.f("labour_scan_pkey")),
    )
    op.create_index(
        op.f("labour_scan_site_work_order_at_idx"), "labour_scan", ["site", "work_order", "at"], unique=False
    )
    op.create_table(
        "odometer_reading",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("km", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "site", "device", "event_id", "at", "vin", name=op.f("odometer_reading_pkey")
        ),
    )
    op.create_index(op.f("odometer_reading_vin_at_idx"), "odometer_reading", ["vin", "at"], unique=False)
    op.create_table(
        "quarantined_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stored_device", sa.Text(), nullable=True),
        sa.Column("stored_event_id", sa.Text(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("quarantined_message_pkey")),
        sa.UniqueConstraint("digest", name=op.f("quarantined_message_digest_key")),
    )
    op.create_index(
        op.f("quarantined_message_site_device_idx"), "quarantined_message", ["site", "device"], unique=False
    )
    op.create_index(
        op.f("quarantined_message_status_received_at_idx"),
        "quarantined_message",
        ["status", "received_at"],
        unique=False,
    )
    op.create_table(
        "service_reminder",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("due_km", sa.Double(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("service_reminder_pkey")),
    )
    op.create_index(op.f("service_reminder_vin_idx"), "service_reminder", ["vin"], unique=False)
    op.create_table(
        "site_pulse",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("site_pulse_pkey")),
    )
    op.create_table(
        "stage_interval",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=True),
        sa.Column("technician", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("inferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("site", "work_order", "position", name=op.f("stage_interval_pkey")),
    )
    op.create_index(
        op.f("stage_interval_site_entered_at_idx"), "stage_interval", ["site", "entered_at"], unique=False
    )
    op.create_table(
        "stage_scan",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=True),
        sa.Column("technician", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("site", "device", "event_id", "at", name=op.f("stage_scan_pkey")),
    )
    op.create_index(
        op.f("stage_scan_site_work_order_at_idx"), "stage_scan", ["site", "work_order", "at"], unique=False
    )
    op.create_table(
        "timeless_message",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("timeless_message_pkey")),
    )
    op.create_table(
        "trouble_code",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("vin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "site", "device", "event_id", "at", "code", "status", name=op.f("trouble_code_pkey")
        ),
    )
    op.create_index(op.f("trouble_code_vin_at_idx"), "trouble_code", ["vin", "at"], unique=False)
    op.create_table(
        "vehicle",
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=True),
        sa.Column("make", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("powertrain", sa.Text(), nullable=True),
        sa.Column("in_service_on", sa.Date(), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vin", name=op.f("vehicle_pkey")),
    )
    op.create_index(op.f("vehicle_plate_idx"), "vehicle", ["plate"], unique=False)
    op.create_table(
        "work_order",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("vin", sa.Text(), nullable=True),
        sa.Column("plate", sa.Text(), nullable=True),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("advisor", sa.Text(), nullable=True),
        sa.Column("customer_ref", sa.Text(), nullable=True),
        sa.Column("customer_name", sa.Text(), nullable=True),
        sa.Column("customer_phone", sa.Text(), nullable=True),
        sa.Column("customer_waiting", sa.Boolean(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("stage_entered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bay", sa.Text(), nullable=True),
        sa.Column("technician", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", "work_order", name=op.f("work_order_pkey")),
    )
    op.create_index(
        "work_order_open_idx",
        "work_order",
        ["site"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("work_order_plate_idx"), "work_order", ["plate"], unique=False)
    op.create_index(op.f("work_order_vin_idx"), "work_order", ["vin"], unique=False)
    op.create_table(
        "work_order_change",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("change", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("site", "device", "event_id", "at", name=op.f("work_order_change_pkey")),
    )
    op.create_index(
        op.f("work_order_change_site_work_order_at_idx"),
        "work_order_change",
        ["site", "work_order", "at"],
        unique=False,
    )
    op.create_table(
        "work_order_line",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("site", "work_order", "position", name=op.f("work_order_line_pkey")),
    )
    op.create_table(
        "work_order_part",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("eta", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("site", "work_order", "position", name=op.f("work_order_part_pkey")),
    )
