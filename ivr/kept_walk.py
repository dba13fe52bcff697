"""A caller's walk put away between two requests, and taken out again. Pure."""

from dataclasses import replace
from typing import Any, get_args, get_type_hints

import msgspec

from ivr.steps import Enqueue, HangUp, Silent, Spoken, Stage, Walk

_STEPS = {kind.__name__: kind for kind in (*get_args(Spoken), *get_args(Silent), Enqueue, HangUp)}
_HINTS = {name: hint for name, hint in get_type_hints(Walk).items() if name not in ("said", "stage")}


def pack(walk: Walk) -> bytes:
    """The walk as bytes; they hold what was keyed in, so they are kept sealed."""
    plain = msgspec.to_builtins(replace(walk, said=None))
    said = [type(walk.said).__name__, msgspec.to_builtins(walk.said)] if walk.said else None
    # By name: a stage that is added in between would change the numbers of calls that are going on.
    return msgspec.json.encode([plain | {"stage": walk.stage.name}, said])


def unpack(kept: bytes) -> Walk:
    """The walk that `pack` put away."""
    plain, said = msgspec.json.decode(kept)
    known: dict[str, Any] = {name: msgspec.convert(plain[name], hint) for name, hint in _HINTS.items()}
    step = msgspec.convert(said[1], _STEPS[said[0]]) if said else None
    return Walk(**known, stage=Stage[plain["stage"]], said=step)
