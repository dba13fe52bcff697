"""The drawing of a case: a lane for each actor, each step a box in its lane, time running down. SVG; pure."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise

from config.clock import OFFICE_ZONE
from config.errors import Language, Text
from config.sop import SERVICE_DESK, Actor
from ticketing.reports.story import CaseStory, StepLine
from ticketing.reports.wording import PROVENANCES, SIGNS, length, verdict

GUTTER, LANE, BOX, HEAD = 118, 208, 192, 46
LINE_HEIGHT, PADDING = 16, 9
LEAST_GAP, WIDEST_GAP, BREAK_GAP = 26, 60, 62
FAR_APART_SECONDS = 1800
TITLE_CHARS, SMALL_CHARS = 22, 27
LATER = Text("kemudian", "later")
STANDARD = Text("standar", "standard")
ROUND = Text("putaran", "round")


@dataclass(frozen=True, slots=True)
class _Box:
    """One step where it is drawn; `gap_seconds` passed since the step above began."""

    line: StepLine
    texts: tuple[tuple[str, str], ...]
    lane: int
    top: float
    gap_seconds: float

    @property
    def height(self) -> float:
        return len(self.texts) * LINE_HEIGHT + 2 * PADDING

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def left(self) -> float:
        return GUTTER + self.lane * LANE + (LANE - BOX) / 2

    @property
    def middle(self) -> float:
        return self.left + BOX / 2


def drawing(story: CaseStory, lanes: Sequence[Actor], language: Language) -> str:
    """The whole drawing; it says in words what it shows, and a table beside it says the same."""
    boxes = _placed(story, lanes, language)
    width, height = GUTTER + LANE * len(lanes), (boxes[-1].bottom if boxes else HEAD) + 24
    title = Text(f"Alur tiket {story.number}", f"The course of ticket {story.number}").say(language)
    parts = [
        f'<svg viewBox="0 0 {width} {height:.0f}" width="{width}" height="{height:.0f}" role="img" '
        f'aria-labelledby="alur" xmlns="http://www.w3.org/2000/svg"><title id="alur">{escape(title)}</title>',
        '<defs><marker id="panah" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0 8 4 0 8z" class="head"/></marker></defs>',
        *_lanes(lanes, height, language),
    ]
    for above, below in pairwise(boxes):
        parts += _arrow(above, below, language)
    for n, box in enumerate(boxes):
        parts += _box(box, boxes[n - 1].line.started_at if n else None)
    return "\n".join([*parts, "</svg>"])


def kind_of(line: StepLine) -> str:
    """How a step is drawn: late, within, running, skipped, or without a standard."""
    if line.skip_reason is not None:
        return "skipped"
    if line.seconds is None:
        return "running"
    return {True: "within", False: "late", None: "plain"}[line.within]


def in_order(story: CaseStory) -> list[StepLine]:
    """The steps as they began."""
    return sorted(story.steps, key=lambda line: (line.started_at, line.step, line.round))


def sources(line: StepLine, language: Language) -> str:
    """Who says when it began and ended: a sign and a word for each, once where they are the same."""
    marks = dict.fromkeys(mark for mark in (line.started_by, line.ended_by) if mark)
    return " → ".join(f"{SIGNS[mark]} {PROVENANCES[mark].say(language)}" for mark in marks)


def _placed(story: CaseStory, lanes: Sequence[Actor], language: Language) -> list[_Box]:
    columns = {actor.code: n for n, actor in enumerate(lanes)}
    boxes: list[_Box] = []
    for line in in_order(story):
        lane = columns.get(line.actor or SERVICE_DESK, len(lanes) - 1)
        above = boxes[-1] if boxes else None
        passed = (line.started_at - above.line.started_at).total_seconds() if above else 0.0
        top = above.bottom + _gap(passed) if above else HEAD + 16.0
        boxes.append(_Box(line, tuple(_texts(line, language)), lane, top, passed))
    return boxes


def _gap(seconds: float) -> float:
    """Longer times stand wider apart, but by their magnitude; far apart they only keep their order."""
    if seconds >= FAR_APART_SECONDS:
        return BREAK_GAP
    return min(WIDEST_GAP, LEAST_GAP + 10 * math.log10(1 + seconds))


def _texts(line: StepLine, language: Language) -> Iterator[tuple[str, str]]:
    """The lines of a box, each with its class."""
    again = f" ({ROUND.say(language)} {line.round})" if line.round > 1 else ""
    for part in textwrap.wrap(f"{line.step}. {line.name.say(language)}{again}", TITLE_CHARS):
        yield "name", part
    if line.seconds is not None:
        standard = f" / {STANDARD.say(language)} {length(line.standard_seconds).say(language)}" if (
            line.standard_seconds
        ) else ""  # fmt: skip
        yield "small", f"{length(line.seconds).say(language)}{standard}"
    word = verdict(line.seconds, line.within, line.skip_reason is not None).say(language)
    together = f"{word} · {line.by}" if line.by else word
    parts = (
        (together,) if len(together) <= SMALL_CHARS else (word, *textwrap.wrap(line.by or "", SMALL_CHARS))
    )
    for part in parts:
        yield "word", part
    for part in textwrap.wrap(sources(line, language), SMALL_CHARS):
        yield "small", part


def _lanes(lanes: Sequence[Actor], height: float, language: Language) -> Iterator[str]:
    for n, actor in enumerate(lanes):
        left = GUTTER + n * LANE
        yield f'<rect x="{left}" y="0" width="{LANE}" height="{height:.0f}" class="lane{n % 2}"/>'
        yield (
            f'<text x="{left + LANE / 2:.0f}" y="28" class="actor">{escape(actor.label.say(language))}</text>'
        )
    yield f'<path d="M{GUTTER} {HEAD}H{GUTTER + LANE * len(lanes)}" class="rule"/>'


def _arrow(above: _Box, below: _Box, language: Language) -> Iterator[str]:
    far = below.gap_seconds >= FAR_APART_SECONDS
    turn = below.top - LEAST_GAP / 2
    yield (
        f'<path d="M{above.middle:.0f} {above.bottom:.0f}V{turn:.0f}H{below.middle:.0f}V{below.top - 1:.0f}" '
        f'class="arrow{" far" if far else ""}" marker-end="url(#panah)"/>'
    )
    if far:
        words = f"⋮ {length(below.gap_seconds).say(language)}"
        middle = (above.bottom + below.top) / 2
        yield f'<text x="8" y="{middle - 4:.0f}" class="small">{escape(words)}</text>'
        yield f'<text x="20" y="{middle + 10:.0f}" class="small">{escape(LATER.say(language))}</text>'


def _box(box: _Box, before_at: datetime | None) -> Iterator[str]:
    kind = kind_of(box.line)
    yield f'<g class="step {kind}">'
    yield (
        f'<rect x="{box.left:.0f}" y="{box.top:.0f}" width="{BOX}" height="{box.height:.0f}" rx="4" '
        'class="box"/>'
    )
    for n, (style, text) in enumerate(box.texts):
        y = box.top + PADDING + LINE_HEIGHT * (n + 0.78)
        yield f'<text x="{box.left + 9:.0f}" y="{y:.0f}" class="{style}">{escape(text)}</text>'
    yield "</g>"
    local = box.line.started_at.astimezone(OFFICE_ZONE)
    if before_at is None or before_at.astimezone(OFFICE_ZONE).date() != local.date():
        yield f'<text x="8" y="{box.top - 3:.0f}" class="small">{local:%d/%m/%Y}</text>'
    yield f'<text x="8" y="{box.top + 14:.0f}" class="time">{local:%H.%M.%S}</text>'
