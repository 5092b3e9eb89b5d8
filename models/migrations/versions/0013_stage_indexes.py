"""One stage of a site is found in its rollups without reading all the others."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_index(
        op.f("stage_time_settled_site_stage_day_idx"), "stage_time_settled", ["site", "stage", "day"]
    )
    op.create_index(
        op.f("stage_day_settled_site_stage_day_idx"),
        "stage_day_settled",
        ["site", "stage", "day"],
        postgresql_include=["job_type", "visits", "log_seconds"],
    )
