"""The stage in which finished cars wait, as the workshop file's flow has it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column(
        "workshop_stage", sa.Column("is_ready", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    # What every flow that ends as it must has meant until now; so no day has to be settled again.
    op.execute(
        "update workshop_stage set is_ready = true"
        " where position = (select max(position) from workshop_stage where kind = 'wait')"
    )
