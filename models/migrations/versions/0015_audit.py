"""The audit trail: rows are added to it, and only retention takes the oldest away."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0015"
down_revision = "0014"

# Services get `select` and `insert` on the table, and ingest `execute` on drop_audit; no service owns it.
_REFUSE = """
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('bayboard.audit_retention', true) = 'on' then
        return null;
    end if;
    raise exception 'the audit trail is append-only: % is refused', lower(tg_op)
        using errcode = 'insufficient_privilege';
end $$
"""
# Whatever it is asked for, the half year before the newest entry stays.
_DROP = """
create function drop_audit(horizon timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    dropped bigint;
begin
    perform set_config('bayboard.audit_retention', 'on', true);
    delete from audit where at < least(horizon, (select max(at) - interval '180 days' from audit));
    get diagnostics dropped = row_count;
    perform set_config('bayboard.audit_retention', 'off', true);
    return dropped;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.Column("sites", ARRAY(sa.Text()), nullable=True),
        sa.Column("once", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
        sa.UniqueConstraint("once", name=op.f("audit_once_key")),
    )
    op.create_index(op.f("audit_at_idx"), "audit", ["at"])
    op.create_index(op.f("audit_who_at_idx"), "audit", ["who", "at"])
    op.execute(_REFUSE)
    op.execute(
        "create trigger audit_is_append_only before update or delete or truncate on audit"
        " for each statement execute function refuse_audit_change()"
    )
    op.execute(_DROP)
    op.execute("revoke all on function drop_audit(timestamptz) from public")
