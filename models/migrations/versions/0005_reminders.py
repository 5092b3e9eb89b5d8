"""Everything that reminders need: mileage and service of every vehicle, what was raised, and the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # Written by Alembic from models.schema.
    op.create_table(
        "customer_consent",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("site", "customer_ref", "at", name=op.f("customer_consent_pkey")),
    )
    op.create_table(
        "odometer_correction",
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("km", sa.Double(), nullable=False),
        sa.Column("shown_km", sa.Double(), nullable=False),
        sa.Column("corrected_by", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vin", "at", name=op.f("odometer_correction_pkey")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("vin", sa.Text(), nullable=True),
        sa.Column("work_order", sa.Text(), nullable=True),
        sa.Column("recipient_role", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_message_pkey")),
        sa.UniqueConstraint("event_key", name=op.f("outbox_message_event_key_key")),
    )
    op.create_index(
        op.f("outbox_message_site_created_at_idx"), "outbox_message", ["site", "created_at"], unique=False
    )
    op.create_index(op.f("outbox_message_vin_idx"), "outbox_message", ["vin"], unique=False)
    op.create_index(
        "outbox_message_waiting_idx",
        "outbox_message",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "reminder_pass",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plans", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("reminder_pass_pkey")),
    )
    op.create_table(
        "rule_firing",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("rule", "subject", "since", "step", name=op.f("rule_firing_pkey")),
    )
    op.create_index(op.f("rule_firing_site_fired_at_idx"), "rule_firing", ["site", "fired_at"], unique=False)
    op.create_table(
        "service_done",
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("km", sa.Double(), nullable=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("vin", "job", name=op.f("service_done_pkey")),
    )
    op.create_table(
        "service_due",
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_km", sa.Double(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("due_km", sa.Double(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("projected_on", sa.Date(), nullable=True),
        sa.Column("projected_from", sa.Date(), nullable=True),
        sa.Column("projected_to", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_notice_on", sa.Date(), nullable=True),
        sa.Column("second_notice_on", sa.Date(), nullable=True),
        sa.Column("reckoned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vin", "item", name=op.f("service_due_pkey")),
    )
    op.create_index(
        "service_due_notice_idx",
        "service_due",
        ["first_notice_on"],
        unique=False,
        postgresql_where=sa.text("first_notice_on IS NOT NULL"),
    )
    op.create_index(
        op.f("service_due_state_projected_on_idx"), "service_due", ["state", "projected_on"], unique=False
    )
    op.create_table(
        "service_hold",
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vin", "item", "cycle", name=op.f("service_hold_pkey")),
    )
    op.create_table(
        "vehicle_service",
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("customer_ref", sa.Text(), nullable=True),
        sa.Column("customer_name", sa.Text(), nullable=True),
        sa.Column("customer_phone", sa.Text(), nullable=True),
        sa.Column("advisor", sa.Text(), nullable=True),
        sa.Column("first_km", sa.Double(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("km", sa.Double(), nullable=True),
        sa.Column("km_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("km_per_day", sa.Double(), nullable=True),
        sa.Column("km_per_day_low", sa.Double(), nullable=True),
        sa.Column("km_per_day_high", sa.Double(), nullable=True),
        sa.Column("rate_from", sa.Text(), nullable=True),
        sa.Column("trusted_readings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused_readings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("orders_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("vin", name=op.f("vehicle_service_pkey")),
    )
    op.create_index(
        op.f("vehicle_service_site_customer_ref_idx"),
        "vehicle_service",
        ["site", "customer_ref"],
        unique=False,
    )
    op.create_index(
        "vehicle_service_unreviewed_idx",
        "vehicle_service",
        ["vin"],
        unique=False,
        postgresql_where=sa.text("reviewed_at IS NULL"),
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "attempt", name=op.f("delivery_attempt_pkey")),
    )
    op.create_table(
        "outbox_reminder",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("reminder_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_message.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reminder_id"], ["service_reminder.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "reminder_id", name=op.f("outbox_reminder_pkey")),
    )
    op.create_index(op.f("outbox_reminder_reminder_id_idx"), "outbox_reminder", ["reminder_id"], unique=False)
    op.create_index(
        "odometer_reading_unjudged_idx",
        "odometer_reading",
        ["vin"],
        unique=False,
        postgresql_where=sa.text("trusted IS NULL"),
    )
    op.add_column("service_reminder", sa.Column("item", sa.Text(), nullable=False))
    op.add_column("service_reminder", sa.Column("cycle", sa.Text(), nullable=False))
    op.add_column("service_reminder", sa.Column("site", sa.Text(), nullable=False))
    op.add_column("service_reminder", sa.Column("customer_ref", sa.Text(), nullable=True))
    op.add_column("service_reminder", sa.Column("advisor", sa.Text(), nullable=True))
    op.add_column("service_reminder", sa.Column("km", sa.Double(), nullable=True))
    op.add_column("service_reminder", sa.Column("projected_on", sa.Date(), nullable=True))
    op.add_column("service_reminder", sa.Column("notices", sa.Integer(), nullable=False))
    op.add_column("service_reminder", sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("service_reminder", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("service_reminder", sa.Column("closed_by", sa.Text(), nullable=True))
    op.create_index(
        "service_reminder_open_idx",
        "service_reminder",
        ["vin"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        op.f("service_reminder_site_raised_at_idx"), "service_reminder", ["site", "raised_at"], unique=False
    )
    op.create_unique_constraint(
        op.f("service_reminder_vin_item_cycle_key"), "service_reminder", ["vin", "item", "cycle"]
    )
    op.create_index(op.f("work_order_closed_at_idx"), "work_order", ["closed_at"], unique=False)
