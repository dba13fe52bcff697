"""A first `sop.yaml` from an SOP's table. Pure.

Steps begin and end on facts only where the table's sentence is one the hotline knows; whatever somebody must
still look at is said in a remark, `# periksa:`.
"""

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches

from config.errors import Text
from config.sop import EARLIER_ACTORS, SERVICE_DESK, STEP_ENDED, Actor, FactPattern, Sop, SopStep, an_actor
from config.sop_table import SopTable, TableStep

REMARK = "# periksa:"
SAME_SENTENCE = 0.95
"""How alike two sentences must be: a slip of the pen still counts, another subject does not."""
LEAST_WORD = 4
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ()/.]*[A-Za-z0-9)]")
_ORDINARY_WORDS = ("yes", "no", "true", "false", "on", "off", "null")
_WARNED = {
    "actor": "pelaksana belum diketahui, isi 'actor' / the actor is not known, fill in 'actor'",
    "lanes": "lebih dari satu lajur ditandai / more than one lane is marked",
    "read": "pelaksana dibaca dari kalimat / the actor was read off the sentence",
    "english": "terjemahan 'en' / the translation",
    "boundaries": "belum diamati, isi starts_on dan ends_on / not observed yet, fill in both",
}


def draft(table: SopTable, known: Sop) -> str:
    """The table as a `sop.yaml`; `known` is an SOP whose sentences have their facts."""
    lanes = _lanes(table, known)
    same = {step.number: _known_step(step, known) for step in table.steps}
    numbers = {found.number: number for number, found in same.items() if found}
    lines = [*_head(table), "", "actors:", *_actor_lines(lanes, known), "", "steps:"]
    for step in table.steps:
        lines += [*_step_lines(step, same[step.number], lanes, numbers), ""]
    return "\n".join(lines)


def _head(table: SopTable) -> Iterator[str]:
    yield f"number: {json.dumps(table.number)}"
    yield f"name: {_text(table.name)}"
    given = next((day for day in (table.effective_on, table.revised_on, table.made_on) if day), None)
    for name in ("made_on", "revised_on", "effective_on"):
        day = getattr(table, name)
        if day is None:
            yield f"{REMARK} tanggal ini tidak ada di tabel / the table does not give this date"
        yield f"{name}: {day or given or '2000-01-01'}"


def _lanes(table: SopTable, known: Sop) -> dict[str, Actor]:
    """The table's lanes by their titles; the software's own is added where the table has none."""
    by_label = {_bare(actor.label.id): actor for actor in (*EARLIER_ACTORS, *known.actors)}
    found: dict[str, Actor] = {}
    for label in table.lanes:
        taken = {actor.code for actor in found.values()}
        same = by_label.get(_bare(label))
        found[label] = same if same and same.code not in taken else _new_lane(label, taken)
    if not any(actor.code == SERVICE_DESK for actor in found.values()):
        found[""] = next(actor for actor in EARLIER_ACTORS if actor.code == SERVICE_DESK)
    return found


def _new_lane(label: str, taken: set[str]) -> Actor:
    code = "_".join(re.findall(r"[a-z0-9]+", label.casefold())) or "actor"
    if code in taken | {SERVICE_DESK, *_ORDINARY_WORDS}:
        code = f"{code}_{len(taken) + 1}"
    return an_actor(code, label, label)


def _actor_lines(lanes: dict[str, Actor], known: Sop) -> Iterator[str]:
    for actor in lanes.values():
        if actor not in known.actors and actor not in EARLIER_ACTORS:
            yield f"  {REMARK} terjemahan dan 'roles' / the translation, and the 'roles' of users"
        yield f"  {actor.code}: {{id: {_text(actor.label.id)}, en: {_text(actor.label.en)}}}"


def _known_step(step: TableStep, known: Sop) -> SopStep | None:
    """The step whose sentence this is, if the hotline knows it."""
    sentences = {_bare(one.name.id): one for one in known.steps}
    near = get_close_matches(_bare(step.name), sentences, 1, SAME_SENTENCE)
    return sentences[near[0]] if near else None


def _step_lines(
    step: TableStep, same: SopStep | None, lanes: dict[str, Actor], numbers: dict[int, int]
) -> Iterator[str]:
    name = same.name if same else Text(step.name, step.name)
    yield f"  - number: {step.number}"
    if name.id != step.name:
        yield f"    {REMARK} di tabel tertulis / the table says: {step.name}"
    if same is None:
        yield f"    {REMARK} {_WARNED['english']}"
    yield f"    name: {{id: {_text(name.id)}, en: {_text(name.en)}}}"
    yield from _actor(step, same, lanes)
    if step.time and step.seconds is None:
        yield f"    {REMARK} waktu tidak terbaca / the time cannot be read: {step.time}"
    if step.seconds:
        yield f"    standard_seconds: {step.seconds}"
    if step.output:
        yield from _output(step.output, same)
    yield from _boundaries(step, same, numbers)


def _actor(step: TableStep, same: SopStep | None, lanes: dict[str, Actor]) -> Iterator[str]:
    codes = {actor.code for actor in lanes.values()}
    if step.lanes:
        people = [lane for lane in step.lanes if lanes[lane].code != SERVICE_DESK] or list(step.lanes)
        if len(people) > 1:
            yield f"    {REMARK} {_WARNED['lanes']}"
        yield f"    actor: {lanes[people[0]].code}"
    elif same:
        if same.actor in codes:
            yield f"    actor: {same.actor}"
    elif code := _subject(step.name, lanes):
        yield f"    {REMARK} {_WARNED['read']}"
        yield f"    actor: {code}"
    elif step.seconds or step.output:
        yield f"    {REMARK} {_WARNED['actor']}"


def _subject(sentence: str, lanes: dict[str, Actor]) -> str | None:
    """The one lane whose title, or its first word, begins the sentence."""
    said = f"{_bare(sentence)} "
    for titles in ([_bare(label) for label in lanes], [_bare(label).partition(" ")[0] for label in lanes]):
        found = {
            actor.code
            for title, actor in zip(titles, lanes.values(), strict=True)
            if len(title) >= LEAST_WORD and said.startswith(f"{title} ")
        }
        if len(found) == 1:
            return found.pop()
    return None


def _output(output: str, same: SopStep | None) -> Iterator[str]:
    if same and same.output and _bare(same.output.id) == _bare(output):
        yield f"    output: {{id: {_text(same.output.id)}, en: {_text(same.output.en)}}}"
        return
    yield f"    {REMARK} {_WARNED['english']}"
    yield f"    output: {{id: {_text(output)}, en: {_text(output)}}}"


def _boundaries(step: TableStep, same: SopStep | None, numbers: dict[int, int]) -> Iterator[str]:
    """The known step's facts, where every step it waits for stands before it in this table too."""
    waits = {
        pattern.where["step"]
        for pattern in (*same.starts_on, *same.ends_on) if pattern.fact == STEP_ENDED
    } if same else set()  # fmt: skip
    if same is None or not same.observed or any(numbers.get(n, step.number) >= step.number for n in waits):
        yield f"    {REMARK} {_WARNED['boundaries']}"
        return
    for name in ("starts_on", "ends_on", "only_if"):
        patterns = getattr(same, name)
        if patterns:
            yield f"    {name}: [{', '.join(_pattern(pattern, numbers) for pattern in patterns)}]"
    if same.start != "first":
        yield f"    start: {same.start}"
    if same.ends_after_seconds:
        by_standard = same.ends_after_seconds == same.standard_seconds and step.seconds
        yield f"    ends_after_seconds: {step.seconds if by_standard else same.ends_after_seconds}"


def _pattern(pattern: FactPattern, numbers: dict[int, int]) -> str:
    if pattern.fact == STEP_ENDED:
        return f"{{step: {numbers[pattern.where['step']]}}}"
    if not pattern.where:
        return f"{{fact: {pattern.fact}}}"
    where = ", ".join(f"{name}: {json.dumps(value).strip(chr(34))}" for name, value in pattern.where.items())
    return f"{{fact: {pattern.fact}, where: {{{where}}}}}"


def _text(text: str) -> str:
    """The text as YAML, in quotes where it needs them."""
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _ORDINARY_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _bare(text: str) -> str:
    """A sentence without what does not make it another one: case, punctuation, double spaces."""
    return " ".join(re.findall(r"\w+", text.casefold()))
