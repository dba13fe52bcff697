"""What changed from one SOP to another, in words. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from config.errors import Text
from config.sop import STEP_ENDED, Actor, FactPattern, Sop, SopStep


def changes(old: Sop, new: Sop) -> tuple[Text, ...]:
    """Every change, the SOP's own first, then step by step in the order of the new one."""
    pairs = _pairs(old, new)
    numbers = {before.number: after.number for before, after in pairs}
    found = [*_heads(old, new), *_lanes(old, new)]
    for step in old.steps:
        if step.number not in numbers:
            found.append(
                Text(
                    f"Langkah {step.number} dihapus: {step.name.id}",
                    f"Step {step.number} is gone: {step.name.en}",
                )
            )
    before_of = {after.number: before for before, after in pairs}
    for step in new.steps:
        if step.number in before_of:
            found += _of_step(before_of[step.number], step, numbers, old, new)
        else:
            found.append(
                Text(
                    f"Langkah {step.number} baru: {step.name.id}",
                    f"Step {step.number} is new: {step.name.en}",
                )
            )
    return tuple(found)


def boundary_words(patterns: tuple[FactPattern, ...]) -> str:
    """Boundaries as one line: `agent_answered, returned (actor_role: official), {step 5}`."""
    return ", ".join(map(_pattern_words, patterns)) or "-"


def _pairs(old: Sop, new: Sop) -> list[tuple[SopStep, SopStep]]:
    """The same step in both: by its sentence first, else what stands at its number with another sentence."""
    by_name = {step.name.id.casefold(): step for step in new.steps}
    pairs = [
        (step, by_name.pop(step.name.id.casefold()))
        for step in old.steps
        if step.name.id.casefold() in by_name
    ]
    paired = {before.number for before, _ in pairs}
    left = {step.number: step for step in by_name.values()}
    pairs += [
        (step, left[step.number]) for step in old.steps if step.number not in paired and step.number in left
    ]
    return pairs


def _heads(old: Sop, new: Sop) -> Iterator[Text]:
    titles = {
        "number": Text("Nomor SOP", "Number of the SOP"),
        "name": Text("Nama SOP", "Name of the SOP"),
        "made_on": Text("Tanggal pembuatan", "Made on"),
        "revised_on": Text("Tanggal revisi", "Revised on"),
        "effective_on": Text("Tanggal efektif", "Effective on"),
    }
    for name, title in titles.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Text(f"{title.id}: {before} -> {after}", f"{title.en}: {before} -> {after}")


def _lanes(old: Sop, new: Sop) -> Iterator[Text]:
    before, after = _by_code(old), _by_code(new)
    for code, actor in before.items():
        if code not in after:
            yield Text(f"Lajur dihapus: {actor.label.id}", f"Lane gone: {actor.label.en}")
    for code, actor in after.items():
        if code not in before:
            yield Text(f"Lajur baru: {actor.label.id}", f"New lane: {actor.label.en}")
        elif before[code] != actor:
            yield Text(
                f"Lajur {code}: {before[code].label.id} -> {actor.label.id} ({', '.join(actor.roles)})",
                f"Lane {code}: {before[code].label.en} -> {actor.label.en} ({', '.join(actor.roles)})",
            )


def _by_code(sop: Sop) -> dict[str, Actor]:
    return {actor.code: actor for actor in sop.actors}


def _of_step(before: SopStep, after: SopStep, numbers: dict[int, int], old: Sop, new: Sop) -> Iterator[Text]:
    n = after.number
    if before.number != n:
        yield Text(
            f"Langkah {before.number} menjadi langkah {n}: {after.name.id}",
            f"Step {before.number} is now step {n}: {after.name.en}",
        )
    if before.name != after.name:
        yield Text(
            f"Langkah {n} berganti nama: {before.name.id} -> {after.name.id}",
            f"Step {n} is renamed: {before.name.en} -> {after.name.en}",
        )
    if before.actor != after.actor:
        was, now = _actor_name(old, before), _actor_name(new, after)
        yield Text(f"Langkah {n}, pelaksana: {was.id} -> {now.id}", f"Step {n}, actor: {was.en} -> {now.en}")
    if before.standard_seconds != after.standard_seconds:
        times = f"{before.standard_seconds or '-'} -> {after.standard_seconds or '-'}"
        yield Text(f"Langkah {n}, waktu (detik): {times}", f"Step {n}, seconds: {times}")
    if before.output != after.output:
        yield Text(
            f"Langkah {n}, output: {_words(before.output).id} -> {_words(after.output).id}",
            f"Step {n}, output: {_words(before.output).en} -> {_words(after.output).en}",
        )
    yield from _boundaries(before, after, numbers)


def _boundaries(before: SopStep, after: SopStep, numbers: dict[int, int]) -> Iterator[Text]:
    titles = {
        "starts_on": Text("mulai pada", "begins on"),
        "ends_on": Text("selesai pada", "ends on"),
        "only_if": Text("hanya bila", "only if"),
    }
    for name, title in titles.items():
        was = tuple(_renumbered(pattern, numbers) for pattern in getattr(before, name))
        if was != getattr(after, name):
            words = f"{boundary_words(was)} -> {boundary_words(getattr(after, name))}"
            yield Text(
                f"Langkah {after.number}, {title.id}: {words}", f"Step {after.number}, {title.en}: {words}"
            )
    for name in ("start", "ends_after_seconds", "warn_ratio"):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            words = f"{name}: {was or '-'} -> {now or '-'}"
            yield Text(f"Langkah {after.number}, {words}", f"Step {after.number}, {words}")


def _renumbered(pattern: FactPattern, numbers: dict[int, int]) -> FactPattern:
    if pattern.fact != STEP_ENDED:
        return pattern
    step = pattern.where["step"]
    return replace(pattern, where={"step": numbers.get(step, step)})


def _pattern_words(pattern: FactPattern) -> str:
    if pattern.fact == STEP_ENDED:
        return f"{{step {pattern.where['step']}}}"
    where = ", ".join(f"{name}: {str(value).lower()}" for name, value in pattern.where.items())
    return f"{pattern.fact} ({where})" if where else pattern.fact


def _actor_name(sop: Sop, step: SopStep) -> Text:
    actor = sop.actor(step.actor)
    return actor.label if actor else Text("-", "-")


def _words(output: Text | None) -> Text:
    return output or Text("-", "-")
