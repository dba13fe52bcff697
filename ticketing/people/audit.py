"""The audit: who did what to what, written in the same transaction as the act."""

from datetime import datetime

from sqlalchemy import Connection, insert

from ticketing import tables


def write_audit(
    connection: Connection,
    at: datetime,
    actor: str,
    action: str,
    object_: str,
    *,
    role: str | None = None,
    reason_id: str | None = None,
) -> None:
    """Write down an act; never with personal data in it. `reason_id` names a sealed text."""
    row = {"at": at, "actor": actor, "role": role, "action": action, "object": object_, "result": "done"}
    connection.execute(insert(tables.audit).values(**row, reason_id=reason_id))
