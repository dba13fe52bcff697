"""When an agent was last rung, and when their last recap ended: who has been free longest."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

RANG = sa.text("kind = 'agent_rang'")


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_index("ix_calls_agent_id")
        calls.create_index("ix_calls_agent_id_wrap_up_ended_at", ["agent_id", "wrap_up_ended_at"])
    op.create_index(
        "ix_journal_agent_id_occurred_at",
        "journal",
        ["agent_id", "occurred_at"],
        sqlite_where=RANG,
        postgresql_where=RANG,
    )
