"""Labour and attendance by day, added up over technicians; the days that are settled are filled in."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

ADD_UP = """
insert into labour_day_settled (site, day, job_type, clocked_seconds, sold_hours, attended_seconds)
select
    site, day, job_type, sum(clocked_seconds), sum(sold_hours),
    coalesce(sum(extract(epoch from left_at - began_at)) filter (where came_first), 0)
from (
    select
        *,
        max(ended_at) over (partition by site, day, technician) as left_at,
        row_number() over (partition by site, day, technician order by began_at, job_type) = 1 as came_first
    from technician_day_settled
) as present
group by site, day, job_type
"""


def upgrade() -> None:
    op.create_table(
        "labour_day_settled",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("clocked_seconds", sa.Double(), nullable=False),
        sa.Column("sold_hours", sa.Double(), nullable=False),
        sa.Column("attended_seconds", sa.Double(), nullable=False),
    )
    op.create_index(op.f("labour_day_settled_site_day_idx"), "labour_day_settled", ["site", "day"])
    op.execute(ADD_UP)
