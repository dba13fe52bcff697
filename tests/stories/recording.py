"""A story as it was recorded: what was said and done, each with its instant, in a form people can read.

    # What is recorded, in words.
    recorded 2026-11-26T16:50:12.123456+00:00
    played 2026-11-23T02:00:00+00:00

       0.000 desk | first sits down at PJSIP/meja01
       1.203 ami | Newchannel
             Channel: PJSIP/trunk-00000001
       2.512 agi 1 < | 200 result=0

Instants are seconds since `recorded`; they are lived through again as from `played` on, which is the hour the
story is told of.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

RECORDINGS = Path(__file__).parents[1] / "recordings" / "stories"
DESK, AMI = "desk", "ami"
_LINE = re.compile(r" *([0-9]+\.[0-9]{3}) ([^|]+) \|(?: (.*))?")
_BELOW = " " * 13


@dataclass(frozen=True)
class Line:
    """Something that was said or done; `below` is what belongs to it, line by line."""

    at: float
    kind: str
    text: str
    below: tuple[str, ...] = ()


@dataclass
class Recording:
    """One story on one telephone system. It may be written down as it goes, by `note`."""

    about: str
    recorded_at: datetime
    played_at: datetime
    lines: list[Line] = field(default_factory=list)

    @property
    def shift(self) -> timedelta:
        """What leads from the day of the recording to the day of the story."""
        return self.played_at - self.recorded_at

    def instant(self, line: Line) -> datetime:
        """When it is, in the story."""
        return self.played_at + timedelta(seconds=line.at)

    def note(self, at: datetime, kind: str, text: str, below: Sequence[str] = ()) -> None:
        """Write down what happened at that instant of the story."""
        self.lines.append(Line((at - self.played_at).total_seconds(), kind, text, tuple(below)))

    def write(self, file: Path) -> None:
        """Keep it."""
        head = [
            *(f"# {line}" for line in self.about.splitlines()),
            f"recorded {self.recorded_at.isoformat()}",
        ]
        file.parent.mkdir(parents=True, exist_ok=True)
        body = [text for line in self.lines for text in _written(line)]
        file.write_text("\n".join([*head, f"played {self.played_at.isoformat()}", "", *body, ""]))

    @classmethod
    def read(cls, file: Path) -> "Recording":
        """What was kept."""
        head, _, body = file.read_text().partition("\n\n")
        about = [line.removeprefix("# ") for line in head.splitlines() if line.startswith("# ")]
        when = dict(line.split(" ", 1) for line in head.splitlines() if not line.startswith("#"))
        recorded_at, played_at = (datetime.fromisoformat(when[name]) for name in ("recorded", "played"))
        return cls("\n".join(about), recorded_at, played_at, _read(body.splitlines()))


def _written(line: Line) -> Iterable[str]:
    yield f"{line.at:8.3f} {line.kind} | {line.text}".rstrip()
    yield from (f"{_BELOW}{text}".rstrip() for text in line.below)


def _read(texts: Sequence[str]) -> list[Line]:
    lines: list[Line] = []
    for text in texts:
        if text.startswith(_BELOW):
            lines[-1] = replace(lines[-1], below=(*lines[-1].below, text.removeprefix(_BELOW)))
            continue
        found = _LINE.fullmatch(text)
        assert found, f"no line of a recording: {text}"
        lines.append(Line(float(found[1]), found[2], found[3] or ""))
    return lines
