"""The office's calls in the PBX's books: CEL alone has them, no queue had anything to do with them. Pure."""

from collections.abc import Callable, Iterator, Sequence

from ivr.providers.asterisk.book_files import CelRow, cause_of, extra_of, interface_of, reconstructed
from ticketing import facts
from ticketing.facts import NOT_PICKED_UP, CallFact, EndedBy


def call_back_of(
    call_id: str, rows: Sequence[CelRow], agent_at: Callable[[str], str | None]
) -> Iterator[CallFact]:
    """A call of the office's: the citizen reached or not, who hung up, both channels gone."""
    own = [row for row in rows if row.channel_id == call_id]
    agent_id = (agent_at(interface_of(own[0].channel)) if own else None) or ""
    leg_id = next((row.channel_id for row in rows if _talks(row) and row.channel_id != call_id), "")
    for row in rows:
        if row.channel_id != call_id:
            yield from _of_citizen(call_id, row, agent_id)
        elif row.event == "HANGUP" and leg_id:
            more = {"agent_id": agent_id, "leg_id": leg_id, "ended_by": _ended_by(row)}
            yield reconstructed(call_id, facts.TalkEnded, row.at, f"talk-ended/{leg_id}", **more)
        elif row.event == "HANGUP":
            # Only the dialplan sets a DIALSTATUS: without one the agent's phone was not taken.
            status = extra_of(row, "dialstatus") or NOT_PICKED_UP
            yield reconstructed(call_id, facts.CitizenNotReached, row.at, "not-reached", status=status)
        elif row.event == "CHAN_END":
            yield reconstructed(call_id, facts.CallEnded, row.at, "ended", cause=cause_of(own))


def _talks(row: CelRow) -> bool:
    return row.event == "BRIDGE_ENTER"


def _ended_by(row: CelRow) -> EndedBy:
    source = extra_of(row, "hangupsource")
    if not source:
        return EndedBy.UNKNOWN
    return EndedBy.AGENT if source == row.channel else EndedBy.CALLER


def _of_citizen(call_id: str, row: CelRow, agent_id: str) -> Iterator[CallFact]:
    leg_id = row.channel_id
    if _talks(row):
        more = {"agent_id": agent_id, "leg_id": leg_id}
        yield reconstructed(call_id, facts.CitizenAnswered, row.at, "citizen-answered", **more)
    elif row.event == "CHAN_END":
        yield reconstructed(call_id, facts.AgentLegEnded, row.at, f"leg-ended/{leg_id}", leg_id=leg_id)
