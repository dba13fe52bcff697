"""Call-backs, waits that were told, causes, text messages, citizens' PINs, numbers reserved for paper."""

import sqlalchemy as sa
from alembic import op

from ticketing.tables import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NO = sa.false()


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("outward", sa.Boolean(), nullable=False, server_default=NO))
        calls.add_column(sa.Column("told_wait_at", Instant()))
        calls.add_column(sa.Column("told_wait_seconds", sa.Integer()))
        calls.add_column(sa.Column("told_wait_position", sa.Integer()))
        calls.add_column(sa.Column("queued_position", sa.Integer()))
        calls.create_index("ix_calls_queue_told_wait_at", ["queue", "told_wait_at"])
        calls.create_index("ix_calls_queue_answered_at", ["queue", "answered_at"])
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("origin", sa.String(10), nullable=False, server_default="call"))
        tickets.add_column(sa.Column("text_only", sa.Boolean(), nullable=False, server_default=NO))
        tickets.add_column(sa.Column("place_since_at", Instant()))
        tickets.add_column(sa.Column("call_back_tries", sa.Integer(), nullable=False, server_default="0"))
        tickets.add_column(sa.Column("call_back_tried_at", Instant()))
        tickets.add_column(sa.Column("cause_id", sa.String(32)))
        tickets.create_index("ix_tickets_cause_id", ["cause_id"])
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("by_text", sa.Boolean(), nullable=False, server_default=NO))
    with op.batch_alter_table("persons") as persons:
        persons.add_column(sa.Column("text_only", sa.Boolean(), nullable=False, server_default=NO))
    # Counted anew at the next start: who is owed a call has changed with this version.
    op.execute("UPDATE tickets SET calendar_version = NULL")
    op.create_table(
        "deliveries",
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", Instant(), nullable=False),
        sa.Column("next_try_at", Instant()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state"])
    op.create_index("ix_deliveries_next_try_at", "deliveries", ["next_try_at"])
    op.create_table(
        "causes",
        sa.Column("cause_id", sa.String(32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("spoken", sa.Text(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("opened_by", sa.String(40), nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant()),
        sa.Column("answer", sa.Text()),
        sa.Column("answer_version", sa.Integer(), nullable=False),
        sa.Column("answered_at", Instant()),
        sa.Column("answered_by", sa.String(40)),
        sa.Column("answered_role", sa.String(20)),
        sa.PrimaryKeyConstraint("cause_id", name=op.f("pk_causes")),
    )
    op.create_table(
        "pin_guesses",
        sa.Column("ticket_id", sa.String(20), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", Instant(), nullable=False),
        sa.Column("locked_at", Instant()),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_pin_guesses")),
    )
    op.create_index("ix_pin_guesses_failed_at", "pin_guesses", ["failed_at"])
    op.create_table(
        "reserved_numbers",
        sa.Column("ticket_id", sa.String(20), nullable=False),
        sa.Column("reserved_at", Instant(), nullable=False),
        sa.Column("reserved_by", sa.String(40), nullable=False),
        sa.Column("used_at", Instant()),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_reserved_numbers")),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("set_by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )
