"""Sessions, second factors and links as rows of their own, so that each can be listed and ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0016"
down_revision = "0015"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("account", sa.Column("password_given_at", TIME, nullable=True))
    op.add_column("account", sa.Column("password_given_by", sa.Text(), nullable=True))
    op.create_table(
        "session",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("link", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("confirmed_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("session_pkey")),
    )
    op.create_index(op.f("session_account_idx"), "session", ["account"])
    op.create_index(op.f("session_expires_at_idx"), "session", ["expires_at"])
    op.create_table(
        "second_factor",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("second_factor_pkey")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("account", "code_hash", name=op.f("recovery_code_pkey")),
    )
    op.create_table(
        "access_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sites", ARRAY(sa.Text()), nullable=True),
        sa.Column("reusable", sa.Boolean(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("used_from", sa.Text(), nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("access_link_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("access_link_token_hash_key")),
    )
    _give_screens_links()


def _give_screens_links() -> None:
    """Let a screen's link work once; a screen that was opened keeps its cookie, and its link is used."""
    op.add_column("screen", sa.Column("link_hash", sa.LargeBinary(), nullable=True))
    op.add_column("screen", sa.Column("link_expires_at", TIME, nullable=True))
    op.add_column("screen", sa.Column("link_used_at", TIME, nullable=True))
    op.add_column(
        "screen", sa.Column("reusable", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_unique_constraint(op.f("screen_link_hash_key"), "screen", ["link_hash"])
    op.execute("update screen set link_hash = token_hash, link_used_at = seen_at")
    op.execute(
        "update screen set token_hash = sha256(convert_to(gen_random_uuid()::text, 'UTF8'))"
        " where seen_at is null"
    )
    op.create_table(
        "screen_address",
        sa.Column("screen", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("screen", "address", name=op.f("screen_address_pkey")),
    )
