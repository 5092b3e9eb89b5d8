"""The stage in which finished cars wait, as the workshop file's flow has it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column(
        "workshop_stage", sa.Column("is_ready", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
