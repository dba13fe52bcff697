"""Which tickets ever went on in which other: late news of the one changes what the others' reporters are owed."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    merges = op.create_table(
        "merges",
        sa.Column("into_ticket_id", sa.String(length=20), nullable=False),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("into_ticket_id", "ticket_id", name=op.f("pk_merges")),
    )
    found = op.get_bind().execute(sa.text("SELECT ticket_id, body FROM journal WHERE kind = 'merged'")).all()
    # SQLite gives JSON as text, PostgreSQL as what it holds.
    bodies = [
        (row.ticket_id, json.loads(row.body) if isinstance(row.body, str) else row.body) for row in found
    ]
    pairs = sorted({(body["into_ticket_id"], ticket_id) for ticket_id, body in bodies})
    op.bulk_insert(merges, [{"into_ticket_id": into, "ticket_id": one} for into, one in pairs])
