"""Facts to journal rows and back; facts written by an older version are lifted on reading."""

import types
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from ticketing import facts
from ticketing.facts import AgentFact, CallFact, Fact

_COMMON = frozenset({"key", "occurred_at", "provenance"})


KINDS: dict[str, type[Fact]] = {
    kind.kind: kind
    for kind in vars(facts).values()
    if isinstance(kind, type) and issubclass(kind, Fact) and kind not in (Fact, CallFact, AgentFact)
}
"""Every kind of fact by its name."""


def to_body(fact: Fact) -> dict[str, Any]:
    """The part of a fact that has no column of its own, as plain JSON."""
    return {
        field.name: _plain(getattr(fact, field.name)) for field in fields(fact) if field.name not in _COMMON
    }


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
    values = {name: _typed(type_, body.get(name)) for name, type_ in _TYPES[kind].items()}
    return KINDS[kind](key=key, occurred_at=occurred_at, provenance=provenance, **values)


def _types(kind: type[Fact]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: _bare(hints[field.name]) for field in fields(kind) if field.name not in _COMMON}


def _bare(hint: Any) -> Any:
    """`X | None` as `X`: the value itself tells whether it is there."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _typed(type_: Any, value: Any) -> Any:
    if value is None:
        return None
    if type_ is datetime:
        return datetime.fromisoformat(value)
    return type_(value) if isinstance(type_, type) and issubclass(type_, Enum) else value


_TYPES = {name: _types(kind) for name, kind in KINDS.items()}
