"""Calls of the probe, which reports leave out."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("probe", sa.Boolean(), nullable=False, server_default=sa.false()))
