"""The ledger's tables: the journal, what is folded from it, and the seals of personal data."""

from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A UTC instant with microseconds, as sortable text: the same on SQLite and PostgreSQL."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return _as_text(value) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if value else None


@lru_cache(maxsize=4096)
def _as_text(value: datetime) -> str:
    """One instant stands in several rows of a transaction."""
    return f"{value.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


# --- the journal: appended to, never rewritten ---

RANG = text("kind = 'agent_rang'")
"""Written as a literal: an index of some rows is used only where a query says the very same."""

journal = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("call_id", String(80), index=True),
    Column("ticket_id", String(20), index=True),
    Column("agent_id", String(40)),
    Column("occurred_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("provenance", String(20), nullable=False),
    Column("body", JSON, nullable=False),
    Index(None, "agent_id", "occurred_at", sqlite_where=RANG, postgresql_where=RANG),
    sqlite_autoincrement=True,
)

sop_versions = Table(
    "sop_versions",
    metadata,
    Column("version", String(80), primary_key=True),
    Column("body", JSON, nullable=False),
    Column("first_used_at", Instant, nullable=False),
)

days = Table(
    "days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("next_serial", Integer, nullable=False),
)

# --- folded from the journal: can be rebuilt from it at any time ---

calls = Table(
    "calls",
    metadata,
    Column("call_id", String(80), primary_key=True),
    Column("line", String(40), nullable=False),
    Column("dialed_number", String(20), nullable=False),
    Column("person_id", String(32), index=True),
    Column("ticket_id", String(20), index=True),
    Column("recognised", Boolean, nullable=False),
    Column("phase", String(20), nullable=False),
    Column("outcome", String(30)),
    Column("category", String(10)),
    Column("queue", String(40)),
    Column("agent_id", String(40)),
    Column("engaged_agent_id", String(40), index=True),
    Column("rung_agent_id", String(40)),
    Column("leg_id", String(80)),
    Column("arrived_at", Instant),
    Column("queued_at", Instant),
    Column("rang_at", Instant),
    Column("pop_shown_at", Instant),
    Column("answered_at", Instant),
    Column("closing_at", Instant),
    Column("talk_ended_at", Instant),
    Column("wrap_up_until_at", Instant),
    Column("wrap_up_ended_at", Instant),
    Column("ended_at", Instant),
    Column("times_spoken", Integer, nullable=False),
    Column("wait_seconds", Float),
    Column("talk_seconds", Float),
    Column("hold_seconds", Float, nullable=False),
    Column("outward", Boolean, nullable=False, server_default=false()),
    Column("told_wait_at", Instant),
    Column("told_wait_seconds", Integer),
    Column("told_wait_position", Integer),
    Column("queued_position", Integer),
    Column("probe", Boolean, nullable=False, server_default=false()),
    Index(None, "phase", "queue"),
    Index(None, "agent_id", "wrap_up_ended_at"),
    Index(None, "queue", "answered_at"),
    Index(None, "queue", "told_wait_at"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("ticket_id", String(20), primary_key=True),
    Column("day", Date, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("registered_by_call_id", String(80), unique=True),
    Column("person_id", String(32), index=True),
    Column("sop_version", String(80), ForeignKey("sop_versions.version"), nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("state", String(30), nullable=False, index=True),
    Column("category", String(10)),
    Column("last_call_id", String(80)),
    Column("last_call_at", Instant, nullable=False),
    Column("call_back_due_at", Instant, index=True),
    Column("call_back_reason", String(20)),
    Column("queue", String(40)),
    Column("agent_id", String(40)),
    Column("owner_role", String(20)),
    Column("owner_id", String(40)),
    Column("next_due_at", Instant, index=True),
    Column("due_kind", String(20)),
    Column("limit_at", Instant),
    Column("calendar_version", String(60)),
    Column("ticket_type", String(20)),
    Column("district", String(2)),
    Column("restricted", Boolean, nullable=False),
    Column("urgency", String(10)),
    Column("track", String(10)),
    Column("unit", String(40)),
    Column("official_id", String(40)),
    Column("misses", Integer, nullable=False),
    Column("waiting_since_at", Instant),
    Column("parent_ticket_id", String(20), index=True),
    Column("merged_into", String(20), index=True),
    Column("closed_at", Instant),
    Column("origin", String(10), nullable=False, server_default="call"),
    Column("text_only", Boolean, nullable=False, server_default=false()),
    Column("place_since_at", Instant),
    Column("call_back_tries", Integer, nullable=False, server_default="0"),
    Column("call_back_tried_at", Instant),
    Column("cause_id", String(32), index=True),
    Index(None, "day", "serial", unique=True),
    Index(None, "owner_role", "owner_id", "next_due_at"),
)

case_steps = Table(
    "case_steps",
    metadata,
    Column("ticket_id", String(20), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("sop_version", String(80), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("started_by", String(20), nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String(20)),
    Column("by", String(40)),
    Column("skip_reason_id", String(32)),
    Column("seconds", Float),
    Column("standard_seconds", Integer),
    Column("within", Boolean),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("owed_at", Instant, nullable=False),
    Column("told_at", Instant, index=True),
    Column("by_text", Boolean, nullable=False, server_default=false()),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("state", String(20), nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("tried_at", Instant, nullable=False),
    Column("next_try_at", Instant, index=True),
)

notices = Table(
    "notices",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("to_role", String(20), nullable=False),
    Column("to_id", String(40), nullable=False),
    Column("level", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "to_role", "to_id", "at"),
)

merges = Table(
    "merges",
    metadata,
    Column("into_ticket_id", String(20), primary_key=True),
    Column("ticket_id", String(20), primary_key=True),
)

sop_steps = Table(
    "sop_steps",
    metadata,
    Column("call_id", String(80), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("ticket_id", String(20)),
    Column("sop_version", String(80), nullable=False),
    Column("started_at", Instant),
    Column("started_by", String(20)),
    Column("ended_at", Instant),
    Column("ended_by", String(20)),
    Column("seconds", Float),
    Column("standard_seconds", Integer),
    Column("within", Boolean),
    sqlite_with_rowid=False,
)

shifts = Table(
    "shifts",
    metadata,
    Column("agent_id", String(40), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("phone", String(40)),
    Column("reason", String(40)),
    Column("since_at", Instant, nullable=False),
)

# --- persons: what identifies them is sealed, and destroyed with its key ---

persons = Table(
    "persons",
    metadata,
    Column("person_id", String(32), primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
    Column("erased_at", Instant),
    Column("text_only", Boolean, nullable=False, server_default=false()),
)

person_keys = Table(
    "person_keys",
    metadata,
    Column("person_id", String(32), ForeignKey("persons.person_id"), primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
)

blind_index = Table(
    "blind_index",
    metadata,
    Column("blind", String(64), primary_key=True),
    Column("field", String(20), nullable=False),
    Column("person_id", String(32), ForeignKey("persons.person_id"), nullable=False, index=True),
)

sealed = Table(
    "sealed",
    metadata,
    Column("person_id", String(32), ForeignKey("persons.person_id"), primary_key=True),
    Column("field", String(20), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

texts = Table(
    "texts",
    metadata,
    Column("text_id", String(32), primary_key=True),
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("person_id", String(32), ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("field", String(20), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("written_by", String(40), nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("ticket_id", String(20), primary_key=True),
    Column("person_id", String(32), ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("value", LargeBinary, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("saved_by", String(40), nullable=False),
)

case_index = Table(
    "case_index",
    metadata,
    Column("blind", String(64), primary_key=True),
    Column("ticket_id", String(20), primary_key=True),
    Column("field", String(20), nullable=False),
    Column("person_id", String(32), ForeignKey("persons.person_id"), nullable=False, index=True),
)

KEPT_OUT_OF_BACKUPS = (person_keys, blind_index, case_index)
"""Backed up apart and overwritten each time, so that destroying a key destroys it everywhere."""

# --- the FAQ book: every version of every article, and what was searched for in vain ---

articles = Table(
    "articles",
    metadata,
    Column("code", String(20), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", String(20), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("category", String(10), nullable=False),
    Column("source", Text, nullable=False),
    Column("owner", String(40), nullable=False),
    Column("review_on", Date, nullable=False),
    Column("keywords", JSON, nullable=False),
    Column("written_by", String(40), nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("published_by", String(40)),
    Column("published_at", Instant),
    Column("withdrawn_by", String(40)),
    Column("withdrawn_at", Instant),
    Column("edition", Integer, unique=True),
)

search_gaps = Table(
    "search_gaps",
    metadata,
    Column("day", Date, primary_key=True),
    Column("stems", String(200), primary_key=True),
    Column("searches", Integer, nullable=False),
)

# --- peristiwa: one cause that many tickets have in common; its words are the office's own ---

causes = Table(
    "causes",
    metadata,
    Column("cause_id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("spoken", Text, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", String(40), nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("answer", Text),
    Column("answer_version", Integer, nullable=False),
    Column("answered_at", Instant),
    Column("answered_by", String(40)),
    Column("answered_role", String(20)),
)

# --- what keeps guessers out, and what was promised to paper ---

pin_guesses = Table(
    "pin_guesses",
    metadata,
    Column("ticket_id", String(20), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant, nullable=False, index=True),
    Column("locked_at", Instant),
)

reserved_numbers = Table(
    "reserved_numbers",
    metadata,
    Column("ticket_id", String(20), primary_key=True),
    Column("reserved_at", Instant, nullable=False),
    Column("reserved_by", String(40), nullable=False),
    Column("used_at", Instant),
)

turns = Table(
    "turns",
    metadata,
    Column("call_id", String(80), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("walk", LargeBinary, nullable=False),
    Column("reply", LargeBinary, nullable=False),
    Column("taken_at", Instant, nullable=False, index=True),
)
"""One for each request of a telephone that asks by requests, until the call is long over."""

switches = Table(
    "switches",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", String(40), nullable=False),
)

# --- the house itself ---

users = Table(
    "users",
    metadata,
    Column("user_id", String(40), primary_key=True),
    Column("username", String(60), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", Text),
    Column("phone", String(40)),
    Column("queue", String(40)),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.user_id"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.user_id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("role", String(20)),
    Column("action", String(60), nullable=False),
    Column("object", String(120), nullable=False),
    Column("reason_id", String(32)),
    Column("result", String(20), nullable=False),
    sqlite_autoincrement=True,
)

requests = Table(
    "requests",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("at", Instant, nullable=False, index=True),
)
