"""Messages are claimed while they are sent, attempts know their digest; what the broker keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("outbox_message", sa.Column("claimed_until", TIME, nullable=True))
    op.drop_index("outbox_message_waiting_idx", "outbox_message")
    op.create_index(
        "outbox_message_waiting_idx",
        "outbox_message",
        ["channel", "due_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    # Nothing has sent a message yet.
    op.execute("delete from delivery_attempt")
    op.add_column("delivery_attempt", sa.Column("send_id", sa.Text(), nullable=False))
    op.create_index(
        "delivery_attempt_channel_attempted_at_idx", "delivery_attempt", ["channel", "attempted_at"]
    )
    op.create_table(
        "reminder_publication",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("published_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", "vin", name="reminder_publication_pkey"),
    )
