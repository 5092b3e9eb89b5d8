"""From when to when technicians clocked on a day: attendance is guessed from it. Days are reckoned anew."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

MARK_EVERYTHING = """
insert into rollup_dirty (site, since, until)
select site, min(entered_at) - interval '1 day', max(coalesce(left_at, entered_at)) + interval '1 day'
from stage_interval group by site
"""


def upgrade() -> None:
    op.execute("delete from technician_day_settled")
    for name in ("began_at", "ended_at"):
        op.add_column("technician_day_settled", sa.Column(name, sa.DateTime(timezone=True), nullable=False))
    op.execute(MARK_EVERYTHING)
