"""Facts to journal rows and back; facts written by an older version are lifted on reading."""

from datetime import datetime
from typing import Any

import msgspec

from ticketing import case_facts, facts
from ticketing.case_facts import CaseFact
from ticketing.facts import AgentFact, CallFact, CauseFact, Fact

_BASES = (Fact, CallFact, AgentFact, CaseFact, CauseFact)
_COLUMNS = ("key", "occurred_at", "provenance")

KINDS: dict[str, type[Fact]] = {
    kind.kind: kind
    for kind in (*vars(facts).values(), *vars(case_facts).values())
    if isinstance(kind, type) and issubclass(kind, Fact) and kind not in _BASES
}
"""Every kind of fact by its name."""


def to_body(fact: Fact) -> dict[str, Any]:
    """The part of a fact that has no column of its own, as plain JSON."""
    body: dict[str, Any] = msgspec.to_builtins(fact)
    for column in _COLUMNS:
        del body[column]
    return body


def from_row(row: Any) -> Fact:
    """The fact a journal row holds."""
    return from_body(row.kind, row.key, row.occurred_at, row.body, facts.Provenance(row.provenance))


def from_body(
    kind: str,
    key: str,
    occurred_at: datetime,
    body: dict[str, Any],
    provenance: facts.Provenance = facts.Provenance.OBSERVED,
) -> Fact:
    """The fact of that kind with the values of a plain JSON body."""
    whole = body | {"key": key, "occurred_at": occurred_at, "provenance": provenance}
    return msgspec.convert(whole, KINDS[kind])
