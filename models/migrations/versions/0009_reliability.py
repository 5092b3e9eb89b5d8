"""How much of what was said came true: kept with every estimate from now on."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("reached", "risk"):
        op.add_column("ready_estimate", sa.Column(name, sa.Double(), nullable=True))
