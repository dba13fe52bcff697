"""The PBX's own books, `queue_log` and CEL: what they say of a call, as facts. The second witness.

AMI has no replay, so a call that began and ended while nobody listened is found here alone. CEL gives
microseconds and every leg; queue_log gives the agents' names and how the queue was left, in whole seconds.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ivr.providers.asterisk.book_files import (
    CelRow,
    QueueRow,
    Tail,
    cause_of,
    cel_rows,
    interface_of,
    queue_rows,
    reconstructed,
)
from ivr.providers.asterisk.booked_call_backs import call_back_of
from ivr.providers.asterisk.calling_out import is_outward
from ivr.providers.asterisk.dialplan import INBOUND
from ticketing import facts
from ticketing.facts import CallFact, EndedBy

ENDED_BY = {
    "COMPLETECALLER": EndedBy.CALLER,
    "COMPLETEAGENT": EndedBy.AGENT,
    "BLINDTRANSFER": EndedBy.TRANSFER,
    "ATTENDEDTRANSFER": EndedBy.TRANSFER,
}
GAVE_UP = {
    "EXITWITHTIMEOUT": "TIMEOUT",
    "EXITEMPTY": "LEAVEEMPTY",
    "EXITWITHKEY": "",
    "JOINEMPTY": "JOINEMPTY",
    "FULL": "FULL",
}
"""queue_log's words for leaving without a person, and QUEUESTATUS's; a key brings the caller back."""


@dataclass(slots=True)
class BookedCall:
    """All that both books hold of one call."""

    call_id: str
    cel: list[CelRow] = field(default_factory=list)
    queue: list[QueueRow] = field(default_factory=list)

    @property
    def is_ours(self) -> bool:
        """Whether the call came in on the hotline, or the office made it; a PBX may carry others."""
        came_in = (row.event == "CHAN_START" and row.context == INBOUND for row in self._of_caller())
        return self.is_outward or any(came_in)

    @property
    def is_outward(self) -> bool:
        """Whether the office made the call: its own channel is then the agent's."""
        return is_outward(self.call_id)

    @property
    def has_ended(self) -> bool:
        """Whether the call's own channel is gone."""
        return any(row.event == "CHAN_END" for row in self._of_caller())

    @property
    def was_queued(self) -> bool:
        """Whether the caller reached the queue."""
        return any(row.event == "ENTERQUEUE" for row in self.queue)

    @property
    def was_answered(self) -> bool:
        """Whether the two sides talked."""
        if self.is_outward:
            return any(row.event == "BRIDGE_ENTER" for row in self._of_caller())
        return any(row.event == "CONNECT" for row in self.queue)

    def facts(self, line: str, dialed_number: str, agent_at: Callable[[str], str | None]) -> list[CallFact]:
        """The call as facts; `agent_at` names the agent who sits at an interface (`PJSIP/1001`)."""
        if self.is_outward:
            return list(call_back_of(self.call_id, self.cel, agent_at))
        told = _Telling(self, line, dialed_number, agent_at)
        return [*told.of_caller(), *told.of_legs(), *told.of_queue()]

    def _of_caller(self) -> Iterator[CelRow]:
        return (row for row in self.cel if row.channel_id == self.call_id)


class _Telling:
    """Turns one booked call into facts."""

    def __init__(
        self, call: BookedCall, line: str, dialed_number: str, agent_at: Callable[[str], str | None]
    ) -> None:
        self._call = call
        self._line = line
        self._dialed_number = dialed_number
        self._agent_at = agent_at

    def of_caller(self) -> Iterator[CallFact]:
        """The caller's channel: arrived, ended."""
        for row in self._call._of_caller():
            if row.event == "CHAN_START":
                yield self._fact(
                    facts.CallArrived, row.at, "arrived", line=self._line, dialed_number=self._dialed_number
                )
            elif row.event == "CHAN_END":
                yield self._fact(facts.CallEnded, row.at, "ended", cause=cause_of(self._call._of_caller()))

    def of_legs(self) -> Iterator[CallFact]:
        """The agents' channels: rung, answered, gone. Whoever is rung after the talk is a colleague."""
        connected = {row.data[1]: row for row in self._queue_rows("CONNECT") if len(row.data) > 1}
        taken = False
        for leg_id, rows in self._legs().items():
            answer = connected.get(leg_id)
            if answer is None and taken:
                continue
            taken = taken or answer is not None
            agent_id = answer.agent_id if answer else self._agent_at(interface_of(rows[0].channel))
            queue = answer.queue if answer else self._queue_name()
            for row in rows:
                yield from self._of_leg(row, agent_id, queue)
            if answer:
                yield from self._talk(answer, leg_id, rows)

    def of_queue(self) -> Iterator[CallFact]:
        """In and out of the queue; CEL has the instants, queue_log the rest."""
        entered = [row.at for row in self._caller_app("APP_START")]
        left = [row.at for row in self._caller_app("APP_END")]
        for n, row in enumerate(self._queue_rows("ENTERQUEUE")):
            at = entered[n] if n < len(entered) else row.at
            position = int(row.data[2]) if len(row.data) > 2 and row.data[2].isdigit() else 1
            yield self._fact(
                facts.CallQueued, at, f"queued/{at.isoformat()}", queue=row.queue, position=position
            )
        for row in self._queue_rows("ABANDON"):
            at = left[-1] if left else row.at
            position = int(row.data[0]) if row.data and row.data[0].isdigit() else 0
            yield self._fact(facts.CallAbandoned, at, "abandoned", queue=row.queue, position=position)
        for row in self._call.queue:
            if status := GAVE_UP.get(row.event):
                at = left[-1] if left else row.at
                yield self._fact(
                    facts.QueueGaveUp, at, f"gave-up/{at.isoformat()}", queue=row.queue, status=status
                )

    def _of_leg(self, row: CelRow, agent_id: str | None, queue: str) -> Iterator[CallFact]:
        leg_id = row.channel_id
        if row.event == "CHAN_START" and agent_id:
            yield self._fact(
                facts.AgentRang, row.at, f"rang/{leg_id}", queue=queue, agent_id=agent_id, leg_id=leg_id
            )
        elif row.event == "CHAN_END":
            yield self._fact(facts.AgentLegEnded, row.at, f"leg-ended/{leg_id}", leg_id=leg_id)

    def _talk(self, answer: QueueRow, leg_id: str, rows: list[CelRow]) -> Iterator[CallFact]:
        agent_id = answer.agent_id
        answered_at = next((row.at for row in rows if row.event == "BRIDGE_ENTER"), answer.at)
        yield self._fact(
            facts.AgentAnswered, answered_at, f"answered/{leg_id}",
            queue=answer.queue, agent_id=agent_id, leg_id=leg_id,
        )  # fmt: skip
        if gone_at := next((row.at for row in rows if row.event == "CHAN_END"), None):
            apart = [row.at for row in rows if row.event == "BRIDGE_EXIT"]
            ended_by = next(
                (ENDED_BY[row.event] for row in self._call.queue if row.event in ENDED_BY), EndedBy.UNKNOWN
            )
            yield self._fact(
                facts.TalkEnded, apart[-1] if apart else gone_at, f"talk-ended/{leg_id}",
                agent_id=agent_id, leg_id=leg_id, ended_by=ended_by,
            )  # fmt: skip

    def _legs(self) -> dict[str, list[CelRow]]:
        legs: dict[str, list[CelRow]] = {}
        for row in self._call.cel:
            if row.channel_id != self._call.call_id:
                legs.setdefault(row.channel_id, []).append(row)
        return legs

    def _caller_app(self, event: str) -> Iterator[CelRow]:
        return (row for row in self._call._of_caller() if row.event == event and row.app == "Queue")

    def _queue_rows(self, event: str) -> Iterator[QueueRow]:
        return (row for row in self._call.queue if row.event == event)

    def _queue_name(self) -> str:
        return self._call.queue[0].queue if self._call.queue else ""

    def _fact(self, kind: type[CallFact], at: datetime, key: str, **more: Any) -> CallFact:
        return reconstructed(self._call.call_id, kind, at, key, **more)


class Books:
    """Both files, read on from where the last look ended; calls that ended are kept until `forget`."""

    def __init__(self, cel: Path, queue_log: Path) -> None:
        self._cel = Tail(cel)
        self._queue_log = Tail(queue_log)
        self._calls: dict[str, BookedCall] = {}

    def read(self) -> list[BookedCall]:
        """The calls of ours of which something was written since the last look. Blocks on the disk."""
        changed = {*self._read_cel(), *self._read_queue_log()}
        calls = [call for call_id in changed if (call := self._calls.get(call_id))]
        self.forget(call.call_id for call in calls if call.has_ended and not call.is_ours)
        return [call for call in calls if call.is_ours]

    def forget(self, call_ids: Iterable[str]) -> None:
        """Drop calls that are over and recorded."""
        for call_id in call_ids:
            self._calls.pop(call_id, None)

    def _read_cel(self) -> Iterator[str]:
        for row in cel_rows(self._cel.lines()):
            begins = row.event == "CHAN_START" and row.channel_id == row.call_id
            # What began before the first look is not known whole.
            if begins or row.call_id in self._calls:
                self._call(row.call_id).cel.append(row)
                yield row.call_id

    def _read_queue_log(self) -> Iterator[str]:
        for call_id, row in queue_rows(self._queue_log.lines()):
            self._call(call_id).queue.append(row)
            yield call_id

    def _call(self, call_id: str) -> BookedCall:
        return self._calls.setdefault(call_id, BookedCall(call_id))
