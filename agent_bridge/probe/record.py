"""What the probe keeps between two runs, in the profile's own folder, and what it tells a metrics collector.

Nothing in it is personal: no number, neither a telephone's nor a ticket's.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from agent_bridge.probe.own_calls import Span
from config.errors import Text
from config.settings import Settings
from ivr.probe.judgement import Fault
from ivr.providers.asterisk.private_pbx import write_private

FILE = "state.json"
ALARM_AFTER = 2
"""Failures in a row: one may be a lost packet."""
UNSETTLED_AT_MOST = 50
UNSETTLED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of the last call: until answered, until the number was heard once, and the longest silence."""

    answered_seconds: float | None = None
    number_seconds: float | None = None
    longest_silence_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The last call's result; `unsettled` are calls that the ledger did not have yet."""

    at: str = ""
    reason: str = ""
    id: str = ""
    en: str = ""
    failures_in_a_row: int = 0
    timing: Timing = Timing()
    unsettled: tuple[tuple[str, str], ...] = ()

    @property
    def is_alarm(self) -> bool:
        """Whether it is no chance any more."""
        return self.failures_in_a_row >= ALARM_AFTER

    @property
    def text(self) -> Text:
        """Why the last call failed; empty where it did not."""
        return Text(self.id, self.en)

    def after(self, fault: Fault | None, timing: Timing, at: datetime) -> "Record":
        """The record after one more call."""
        return replace(
            self,
            at=at.isoformat(),
            reason=fault.reason.value if fault else "",
            id=fault.text.id if fault else "",
            en=fault.text.en if fault else "",
            failures_in_a_row=self.failures_in_a_row + 1 if fault else 0,
            timing=timing,
        )

    def spans(self, at: datetime) -> Iterator[Span]:
        """The calls that are still to be found in the ledger."""
        for since, until in self.unsettled:
            span = Span(datetime.fromisoformat(since), datetime.fromisoformat(until))
            if at - span.until_at < UNSETTLED_FOR:
                yield span

    def owing(self, spans: list[Span]) -> "Record":
        """The record with these calls still to be found."""
        kept = [(span.since_at.isoformat(), span.until_at.isoformat()) for span in spans]
        return replace(self, unsettled=tuple(kept[-UNSETTLED_AT_MOST:]))


def read(settings: Settings) -> Record:
    """The record of the last run; an empty one where there is none that can be read."""
    try:
        plain = json.loads((_folder(settings) / FILE).read_text())
        timing = Timing(**plain.pop("timing"))
        unsettled = tuple((since, until) for since, until in plain.pop("unsettled"))
        return Record(**plain, timing=timing, unsettled=unsettled)
    except (OSError, ValueError, TypeError, KeyError):
        return Record()


def write(settings: Settings, record: Record) -> None:
    """Keep the record."""
    write_private(_folder(settings) / FILE, json.dumps(asdict(record), indent=1))


def metrics(record: Record, *, could_try: bool) -> str:
    """The record as node_exporter's textfile collector reads it."""
    last = datetime.fromisoformat(record.at).timestamp() if record.at else 0.0
    timing = record.timing
    lines = [
        *_gauge("hotline_probe_could_try", "Whether the probe could place its last call.", float(could_try)),
        *_gauge("hotline_probe_success", "Whether the last call went well.", float(not record.reason)),
        *_gauge("hotline_probe_last_call_timestamp_seconds", "When the last call was over.", last),
        *_gauge("hotline_probe_failures_in_a_row", "Failed calls in a row.", record.failures_in_a_row),
        *_gauge(
            "hotline_probe_alarm", f"Whether {ALARM_AFTER} calls in a row failed.", float(record.is_alarm)
        ),
        *_gauge("hotline_probe_answered_seconds", "Until the call was answered.", timing.answered_seconds),
        *_gauge("hotline_probe_number_seconds", "Until the number was heard once.", timing.number_seconds),
        *_gauge("hotline_probe_silence_seconds", "The longest silence.", timing.longest_silence_seconds),
    ]
    if record.reason:
        lines += _gauge("hotline_probe_failed", "Why.", 1.0, f'{{reason="{record.reason}"}}')
    return "\n".join(lines) + "\n"


def write_metrics(file: Path, record: Record, *, could_try: bool) -> None:
    """Put the metrics where a collector reads them, whole or not at all; raises OSError."""
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(metrics(record, could_try=could_try))
    draft.chmod(0o644)
    draft.replace(file)


def _gauge(name: str, meaning: str, value: float | None, labels: str = "") -> list[str]:
    if value is None:
        return []
    return [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name}{labels} {value:.10g}"]


def _folder(settings: Settings) -> Path:
    folder = settings.folder / "probe"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
