"""The calls of a simulated queue, each as the ledger's row of it would be."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ticketing.waits.forecast import Served, Untold, Wait
from ticketing.waits.rows import served_of, wait_of


@dataclass(slots=True, eq=False)
class Caller:
    """One call, filled in as it goes; its names are the ledger's. Instants are Unix seconds."""

    place_since: float
    patience_seconds: float
    queued: float | None = None
    queued_position: int | None = None
    told: float | None = None
    told_wait_seconds: int | None = None
    told_wait_position: int | None = None
    agent_id: str | None = None
    rang: float | None = None
    answered: float | None = None
    gone: float | None = None
    free: float | None = None
    outward: bool = False
    untold: Untold | None = None
    _known: tuple[Served | None, Wait | None] | None = None

    def known(self) -> tuple[Served | None, Wait | None]:
        """What the forecast makes of the row; of one that is over only once."""
        if self._known:
            return self._known
        row = self.row()
        known = served_of(row), wait_of(row)
        self._known = known if self.free or self.gone else None
        return known

    def row(self) -> "Row":
        """As the ledger's row of this call has it."""
        left = self.answered or self.gone
        return Row(
            agent_id=self.agent_id,
            outward=self.outward,
            queued_at=_instant(self.queued),
            queued_position=self.queued_position,
            told_wait_at=_instant(self.told),
            told_wait_seconds=self.told_wait_seconds,
            told_wait_position=self.told_wait_position,
            rang_at=_instant(self.rang),
            answered_at=_instant(self.answered),
            wait_seconds=left - self.queued if left and self.queued else None,
            ended_at=_instant(self.gone),
            wrap_up_ended_at=_instant(self.free),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A call's row, as far as waits are concerned."""

    agent_id: str | None
    outward: bool
    queued_at: datetime | None
    queued_position: int | None
    told_wait_at: datetime | None
    told_wait_seconds: int | None
    told_wait_position: int | None
    rang_at: datetime | None
    answered_at: datetime | None
    wait_seconds: float | None
    ended_at: datetime | None
    wrap_up_ended_at: datetime | None


def _instant(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
