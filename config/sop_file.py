"""`sop.yaml` read into an `Sop`; a fault is refused with its line."""

from typing import Any

from config.sop import (
    BOUNDARIES,
    EARLIER_ACTORS,
    ROLES,
    SERVICE_DESK,
    STARTS,
    STEP_ENDED,
    WARN_RATIO,
    Actor,
    FactPattern,
    Sop,
    SopStep,
    an_actor,
)
from config.yaml_files import WHOLE_NUMBER, Located, unknown


def read_sop(top: Located, known_facts: frozenset[str]) -> Sop:
    """The SOP of `sop.yaml`; refused where a step can begin and never end, or a number is skipped."""
    fields = top.fields(("number", "name", "made_on", "revised_on", "effective_on", "steps"), ("actors",))
    actors = _read_actors(fields["actors"]) if "actors" in fields else EARLIER_ACTORS
    codes = tuple(actor.code for actor in actors)
    steps = [
        _read_step(item, expected, codes, known_facts)
        for expected, item in enumerate(fields["steps"].items(), start=1)
    ]
    return Sop(
        number=fields["number"].text(),
        name=fields["name"].text(),
        made_on=fields["made_on"].day(),
        revised_on=fields["revised_on"].day(),
        effective_on=fields["effective_on"].day(),
        actors=actors,
        steps=tuple(steps),
    )


def _read_actors(top: Located) -> tuple[Actor, ...]:
    """The lanes in their order; the software's own must be among them."""
    actors = []
    for code, item in top.pairs():
        fields = item.fields(("id", "en"), ("roles",))
        roles = tuple(role.choice(ROLES) for role in fields["roles"].items()) if "roles" in fields else ()
        actors.append(an_actor(code, fields["id"].text(), fields["en"].text(), *roles))
    if not any(actor.code == SERVICE_DESK for actor in actors):
        top.refuse(
            f"Lajur '{SERVICE_DESK}' tidak ada; itu lajur perangkat lunak ini. Tambahkan "
            f"'{SERVICE_DESK}: {{id: Service Desk / Database, en: Service desk / database}}'.",
            f"There is no lane '{SERVICE_DESK}', which is this software's. Add "
            f"'{SERVICE_DESK}: {{id: Service Desk / Database, en: Service desk / database}}'.",
        )
    return tuple(actors)


def _read_step(item: Located, expected: int, actors: tuple[str, ...], known_facts: frozenset[str]) -> SopStep:
    fields = item.fields(
        ("number", "name"),
        ("actor", "standard_seconds", "output", *BOUNDARIES, "start", "warn_ratio", "ends_after_seconds"),
    )
    number = fields["number"].number(least=1)
    if number != expected:
        fields["number"].refuse(
            f"Langkah {expected} harus ada di sini, bukan {number}. Tulis 'number: {expected}'.",
            f"Step {expected} belongs here, not {number}. Write 'number: {expected}'.",
        )
    starts_on, ends_on, only_if = (_patterns(fields.get(name), known_facts, number) for name in BOUNDARIES)
    if bool(starts_on) != bool(ends_on):
        (fields.get("starts_on") or fields["ends_on"]).refuse(
            f"Langkah {number} dapat mulai tetapi tidak dapat selesai, atau sebaliknya. "
            "Isi 'starts_on' dan 'ends_on', atau kosongkan keduanya.",
            f"Step {number} can begin but not end, or the reverse. "
            "Fill in both 'starts_on' and 'ends_on', or neither.",
        )
    start: Any = fields["start"].choice(STARTS) if "start" in fields else "first"
    return SopStep(
        number=number,
        name=fields["name"].label(),
        actor=fields["actor"].choice(actors) if "actor" in fields else None,
        standard_seconds=_seconds(fields, "standard_seconds"),
        output=fields["output"].label() if "output" in fields else None,
        starts_on=starts_on,
        ends_on=ends_on,
        start=start,
        warn_ratio=fields["warn_ratio"].share() if "warn_ratio" in fields else WARN_RATIO,
        only_if=only_if,
        ends_after_seconds=_seconds(fields, "ends_after_seconds"),
    )


def _seconds(fields: dict[str, Located], name: str) -> int | None:
    return fields[name].number(least=1) if name in fields else None


def _patterns(items: Located | None, known_facts: frozenset[str], number: int) -> tuple[FactPattern, ...]:
    return tuple(_pattern(item, known_facts, number) for item in items.items()) if items else ()


def _pattern(item: Located, known_facts: frozenset[str], number: int) -> FactPattern:
    """`{fact: ..., where: {...}}`, or `{step: n}` for the end of an earlier step."""
    fields = item.fields((), ("fact", "where", "step"))
    if "step" in fields:
        step = fields["step"].number(least=1)
        if step >= number:
            fields["step"].refuse(
                f"Langkah {number} hanya dapat menunggu langkah sebelumnya, bukan langkah {step}.",
                f"Step {number} can only wait for an earlier step, not for step {step}.",
            )
        return FactPattern(STEP_ENDED, {"step": step})
    name = item.fields(("fact",), ("where",))["fact"].text()
    if known_facts and name not in known_facts:
        fields["fact"].refuse(*unknown(name, sorted(known_facts)))
    where = {key: _value(value) for key, value in fields["where"].pairs()} if "where" in fields else {}
    return FactPattern(name, where)


def _value(item: Located) -> Any:
    """A whole number, yes or no, or a word."""
    text = item.text()
    if text in ("true", "false"):
        return text == "true"
    return item.number() if WHOLE_NUMBER.fullmatch(text) else text
