"""Cases: what people do to a ticket, who owes what by when, and the texts they write, sealed."""

import sqlalchemy as sa
from alembic import op

from ticketing.tables import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_steps",
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("sop_version", sa.String(length=80), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("started_by", sa.String(length=20), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=True),
        sa.Column("skip_reason_id", sa.String(length=32), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("standard_seconds", sa.Integer(), nullable=True),
        sa.Column("within", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("ticket_id", "step", "round", name=op.f("pk_case_steps")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notices",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("to_role", sa.String(length=20), nullable=False),
        sa.Column("to_id", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_notices_to_role_to_id_at"), ["to_role", "to_id", "at"], unique=False
        )

    op.create_table(
        "outbox",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("owed_at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_told_at"), ["told_at"], unique=False)

    op.create_table(
        "requests",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requests_at"), ["at"], unique=False)

    op.create_table(
        "case_index",
        sa.Column("blind", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_case_index_person_id")),
        sa.PrimaryKeyConstraint("blind", "ticket_id", name=op.f("pk_case_index")),
    )
    with op.batch_alter_table("case_index", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_index_person_id"), ["person_id"], unique=False)

    op.create_table(
        "drafts",
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("saved_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_drafts_person_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_drafts")),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drafts_person_id"), ["person_id"], unique=False)

    op.create_table(
        "texts",
        sa.Column("text_id", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("written_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_texts_person_id")),
        sa.PrimaryKeyConstraint("text_id", name=op.f("pk_texts")),
    )
    with op.batch_alter_table("texts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_texts_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_texts_ticket_id"), ["ticket_id"], unique=False)

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("role", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("reason_id", sa.String(length=32), nullable=True))

    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ticket_id", sa.String(length=20), nullable=True))
        batch_op.create_index(batch_op.f("ix_journal_ticket_id"), ["ticket_id"], unique=False)

    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queue", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("agent_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("owner_role", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("owner_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("next_due_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("due_kind", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("limit_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("calendar_version", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("ticket_type", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("district", sa.String(length=2), nullable=True))
        batch_op.add_column(sa.Column("restricted", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("urgency", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("track", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("unit", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("official_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("misses", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("waiting_since_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("parent_ticket_id", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("closed_at", Instant(), nullable=True))
        batch_op.alter_column("registered_by_call_id", existing_type=sa.VARCHAR(length=80), nullable=True)
        batch_op.alter_column("last_call_id", existing_type=sa.VARCHAR(length=80), nullable=True)
        batch_op.create_index(batch_op.f("ix_tickets_merged_into"), ["merged_into"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_next_due_at"), ["next_due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_tickets_owner_role_owner_id_next_due_at"),
            ["owner_role", "owner_id", "next_due_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_tickets_parent_ticket_id"), ["parent_ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_state"), ["state"], unique=False)

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queue", sa.String(length=40), nullable=True))
