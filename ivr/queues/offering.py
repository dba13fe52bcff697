"""A ring on record: begun and ended in the writer's transaction, by what stands there.

Whoever comes second, be it another node or a phone that was taken in the same instant, changes nothing.
"""

from datetime import datetime

from config.office import Office, Queue
from ivr.queues.ringing import RingAgent
from ticketing.facts import AgentDidNotAnswer, AgentRang
from ticketing.ledger import distribution
from ticketing.ledger.distribution import FreeAgent
from ticketing.ledger.writing import Writing
from ticketing.tickets.number import from_digits


def offered(
    writing: Writing, call_id: str, agent: FreeAgent, office: Office, at: datetime
) -> RingAgent | None:
    """The ring, on record as begun; None where the caller waits no more or the agent is not free now."""
    connection = writing.connection
    call = distribution.still_waiting(connection, call_id)
    free = {(one.agent_id, one.phone) for one in distribution.free_agents(connection)}
    if call is None or (agent.agent_id, agent.phone) not in free:
        return None
    rings, latest_at = distribution.rings_and_latest(connection, call_id)
    leg_id = f"{call_id}.{rings + 1}"
    rang = AgentRang(
        key=f"{call_id}/rang/{leg_id}",
        # Another node's clock may be ahead of ours, and a ring from before the caller came is none.
        occurred_at=max(at, latest_at),
        call_id=call_id,
        queue=call.queue,
        agent_id=agent.agent_id,
        leg_id=leg_id,
    )
    writing.record(rang)
    label = from_digits(call.ticket_id).keys if call.ticket_id else ""
    seconds = queue_of(office, call.queue).ring_seconds
    return RingAgent(call_id, leg_id, agent.agent_id, agent.phone, call.queue, label, seconds)


def not_answered(writing: Writing, call_id: str, leg_id: str, at: datetime) -> bool:
    """Record that the ring was in vain; whether it still rang."""
    call = distribution.still_ringing(writing.connection, call_id, leg_id)
    if call is None:
        return False
    ended_at = max(at, call.rang_at)
    fact = AgentDidNotAnswer(
        key=f"{call_id}/not-answered/{leg_id}",
        occurred_at=ended_at,
        call_id=call_id,
        queue=call.queue,
        agent_id=call.engaged_agent_id,
        leg_id=leg_id,
        ring_seconds=(ended_at - call.rang_at).total_seconds(),
    )
    writing.record(fact)
    return True


def queue_of(office: Office, name: str) -> Queue:
    """The queue of that name; a caller may wait in one that was taken out of the configuration."""
    return office.queues.get(name) or office.default_queue
