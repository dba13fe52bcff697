"""Steps of calls in one B-tree instead of three: they are looked for by their call alone."""

import sqlalchemy as sa
from alembic import op

from ticketing.tables import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_sop_steps_ticket_id", table_name="sop_steps")
    if op.get_bind().dialect.name != "sqlite":
        return
    op.rename_table("sop_steps", "sop_steps_before")
    op.create_table(
        "sop_steps",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.String(length=20), nullable=True),
        sa.Column("sop_version", sa.String(length=80), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("started_by", sa.String(length=20), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("standard_seconds", sa.Integer(), nullable=True),
        sa.Column("within", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "step", name=op.f("pk_sop_steps")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO sop_steps (call_id, step, ticket_id, sop_version, started_at, started_by, ended_at,"
        " ended_by, seconds, standard_seconds, within) SELECT call_id, step, ticket_id, sop_version,"
        " started_at, started_by, ended_at, ended_by, seconds, standard_seconds, within FROM sop_steps_before"
    )
    op.drop_table("sop_steps_before")
