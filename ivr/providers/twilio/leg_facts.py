"""What Twilio tells of a leg, as facts. Pure: a form and the call as the ledger has it in, a fact out.

A leg is an agent's phone that was rung for a caller (`CAxxx.n`), or the citizen's in a call of the office's;
the id of such a call is ours (`new_call_id`) and stands for the agent's own phone in it.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from ticketing import facts
from ticketing.calls.call import Call, Ring
from ticketing.facts import NOT_PICKED_UP, CallFact, EndedBy, Provenance

IN_PROGRESS, COMPLETED = "in-progress", "completed"
OVER = frozenset({COMPLETED, "busy", "no-answer", "failed", "canceled"})
"""Statuses a call has for good."""
DIALSTATUS = {"busy": "BUSY", "no-answer": "NOANSWER", "failed": "CHANUNAVAIL", "canceled": "CANCEL"}
"""Asterisk's word for how dialling ended (`CitizenNotReached`)."""

NORMAL = 16
_CAUSES = {"busy": 17, "no-answer": 19, "failed": 38}
_SIP_CAUSES = {
    401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 407: 21, 408: 102, 410: 22, 480: 18, 481: 41, 482: 25,
    483: 25, 484: 28, 485: 1, 486: 17, 500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 600: 17, 603: 21, 604: 1,
}  # fmt: skip
"""Q.850 causes of SIP's refusals, from RFC 3398, 8.2.6.1."""
_PRESENT = (
    facts.CallArrived, facts.MenuEntered, facts.NumberSpoken, facts.CallQueued, facts.CategoryChosen,
    facts.QueueGaveUp, facts.CallAbandoned, facts.AgentAnswered, facts.TalkEnded, facts.CallBackPlaced,
    facts.CitizenAnswered, facts.CitizenNotReached,
)  # fmt: skip
"""Facts before which the call itself was not over."""
_LEG = re.compile(r"(CA[0-9a-f]{32})\.[0-9]{1,6}")
_CALL_BACK = re.compile(r"[a-z0-9-]{1,40}-balik-[0-9a-f]{16}")


def caller_of(leg_id: str) -> str | None:
    """The caller's call for which an agent's phone was rung; None where that is no such leg."""
    found = _LEG.fullmatch(leg_id)
    return found[1] if found else None


def new_call_id(line: str) -> str:
    """An id for a call of the office's; Twilio's own come when it is placed, and too late for the ledger."""
    return f"{line}-balik-{secrets.token_hex(8)}"


def is_call_back(call_id: str) -> bool:
    """Whether the office made the call with that id."""
    return _CALL_BACK.fullmatch(call_id) is not None


def told_at(
    form: Mapping[str, str], known: Iterable[CallFact], at: datetime, leg_id: str | None = None
) -> datetime:
    """When it happened by Twilio's clock, however late we hear of it; `at` where it does not say.

    That is in whole seconds, and by another clock than ours: it is never before the call was last there.
    """
    try:
        told = parsedate_to_datetime(form.get("Timestamp", ""))
    except ValueError:
        return at
    # RFC 2822 has "-0000" for an instant in UTC whose place is not told.
    return not_before(told if told.tzinfo else told.replace(tzinfo=UTC), known, leg_id)


def not_before(at: datetime, known: Iterable[CallFact], leg_id: str | None = None) -> datetime:
    """That instant, or the latest at which the call, or that leg of it, is known to have been there."""
    there = (
        fact.occurred_at
        for fact in known
        if isinstance(fact, _PRESENT) or (leg_id and getattr(fact, "leg_id", None) == leg_id)
    )
    return max([at, *there])


def cause_of(status: str, sip_response: str = "") -> int:
    """The Q.850 cause Asterisk would name; 16 (normal clearing) for whatever was no failure."""
    if status == COMPLETED or status not in OVER:
        return NORMAL
    code = int(sip_response) if sip_response.isdecimal() else 0
    return _SIP_CAUSES.get(code) or _CAUSES.get(status, NORMAL)


# --- callers and agents ---


def ring_of(call: Call, leg_id: str) -> Ring | None:
    """The ring of that leg, over or not."""
    return next((ring for ring in call.rings if ring.leg_id == leg_id), None)


def still_wanted(call: Call | None, leg_id: str) -> bool:
    """Whether the caller still waits, and for this very ring."""
    return bool(call and call.in_queue and call.ringing and call.ringing.leg_id == leg_id)


def talked(call: Call, leg_id: str) -> bool:
    """Whether the caller was put through to that leg, as far as the ledger knows."""
    return call.leg_id == leg_id and call.answered_at is not None


def agent_answered(call: Call, leg_id: str, at: datetime, **more: Any) -> CallFact | None:
    """The caller is put through now; None where no such ring is known."""
    ring = ring_of(call, leg_id)
    if ring is None:
        return None
    return facts.AgentAnswered(
        key=f"{call.call_id}/answered/{leg_id}", occurred_at=max(at, ring.rang_at), call_id=call.call_id,
        queue=call.queue or "", agent_id=ring.agent_id, leg_id=leg_id, **more,
    )  # fmt: skip


def after_dial(call: Call, leg_id: str, form: Mapping[str, str], at: datetime, moved: bool) -> list[CallFact]:
    """What the end of an agent's `<Dial><Queue>` amounts to; nothing where nobody was put through.

    Its values are undocumented, so the ledger is asked first: the queue's own request, just before the two
    are bridged, is documented. Where that one was lost they are all there is.
    """
    ring = ring_of(call, leg_id)
    if ring is None:
        return []
    made: list[CallFact] = []
    if not talked(call, leg_id):
        if not _says_bridged(form):
            return []
        seconds = form.get("DequeuedCallDuration", "")
        since_at = at - timedelta(seconds=int(seconds) if seconds.isdecimal() else 0)
        answered = agent_answered(call, leg_id, since_at, provenance=Provenance.RECONSTRUCTED)
        made += [answered] if answered else []
    return [*made, talk_ended(call, leg_id, ring.agent_id, _who_ended(form, moved), at)]


def _says_bridged(form: Mapping[str, str]) -> bool:
    return form.get("DequeueResult") == "bridged" or form.get("DialBridged") == "true"


def _who_ended(form: Mapping[str, str], moved: bool) -> EndedBy:
    """Whoever is still on the line did not put the receiver down."""
    if moved:
        return EndedBy.TRANSFER
    return EndedBy.CALLER if form.get("CallStatus") == IN_PROGRESS else EndedBy.AGENT


def talk_ended(
    call: Call, leg_id: str, agent_id: str, ended_by: EndedBy, at: datetime, **more: Any
) -> CallFact:
    """The talk with that leg is over.

    A transfer has a key of its own: another node, which did not send the caller on, may have said first that
    they left.
    """
    key = f"{call.call_id}/talk-ended/{leg_id}"
    return facts.TalkEnded(
        key=f"{key}/transfer" if ended_by is EndedBy.TRANSFER else key,
        occurred_at=max(at, call.answered_at or at),
        call_id=call.call_id, agent_id=agent_id, leg_id=leg_id, ended_by=ended_by, **more,
    )  # fmt: skip


def leg_ended(call_id: str, leg_id: str, at: datetime, **more: Any) -> CallFact:
    """The agent's phone is off the line."""
    key = f"{call_id}/leg-ended/{leg_id}"
    return facts.AgentLegEnded(key=key, occurred_at=at, call_id=call_id, leg_id=leg_id, **more)


def call_ended(call_id: str, cause: int, at: datetime, **more: Any) -> CallFact:
    """The call itself is over."""
    return facts.CallEnded(key=f"{call_id}/ended", occurred_at=at, call_id=call_id, cause=cause, **more)


# --- the office's calls ---


def citizen_answered(call: Call, leg_id: str, at: datetime, **more: Any) -> CallFact:
    """The citizen took the call."""
    return facts.CitizenAnswered(
        key=f"{call.call_id}/citizen-answered", occurred_at=at, call_id=call.call_id,
        agent_id=call.agent_id or "", leg_id=leg_id, **more,
    )  # fmt: skip


def not_reached(call_id: str, status: str, at: datetime, **more: Any) -> CallFact:
    """The call came to nothing; `status` is Asterisk's DIALSTATUS, or NOT_PICKED_UP."""
    key = f"{call_id}/not-reached"
    return facts.CitizenNotReached(key=key, occurred_at=at, call_id=call_id, status=status, **more)


def after_dialling(call: Call, form: Mapping[str, str], at: datetime) -> CallFact:
    """What the end of a `<Dial><Number>` amounts to."""
    status = form.get("DialCallStatus", "")
    leg_id = call.leg_id or form.get("DialCallSid", "")
    if call.answered_at or (status == COMPLETED and form.get("DialBridged") != "false"):
        return talk_ended(call, leg_id, call.agent_id or "", _who_ended(form, moved=False), at)
    return not_reached(call.call_id, DIALSTATUS.get(status, DIALSTATUS["canceled"]), at)


def call_back_ended(call: Call, status: str, cause: int, at: datetime, **more: Any) -> list[CallFact]:
    """The agent's phone is off the line, in a call of the office's; it may not have been taken up at all."""
    made = [call_ended(call.call_id, cause, at, **more)]
    if status != COMPLETED and not call.was_taken:
        made.append(not_reached(call.call_id, NOT_PICKED_UP, at, **more))
    return made
