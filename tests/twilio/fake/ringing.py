"""A telephone that is called: it rings, and is answered or not.

Statuses and their order from twilio.com/docs/voice/api/call-resource: queued, initiated, ringing,
in-progress, then completed, busy, no-answer, failed or canceled. SIP responses: 487 after the time-out, 404
where nobody is, 486 busy.
"""

from tests.twilio.fake.citizen import Telephone, act
from tests.twilio.fake.leg import Ended, Interrupted, Leg

REFUSALS = {"failed": 404, "busy": 486, "no-answer": 487, "canceled": 487}


async def ring(leg: Leg, timeout: float) -> bool:
    """Whether it is answered; if so, its person acts from now on."""
    telephone = leg.twilio.telephones.get(leg.call.to, Telephone())
    leg.call.started_at = leg.clock.now()
    leg.become("initiated")
    try:
        status = await _answered(leg, telephone, timeout)
    except Ended:
        status = "canceled"
    except Interrupted:
        status = "no-answer"
    if status:
        leg.call.sip_response = REFUSALS[status]
        leg.end(status)
        return False
    leg.answer()
    leg.clock.spawn(act(telephone.script, leg))
    return True


async def _answered(leg: Leg, telephone: Telephone, timeout: float) -> str:
    """ "" if it is, else the status it ends with."""
    await leg.wait(telephone.rings_after_seconds)
    if not telephone.exists or telephone.wants not in (None, leg.call.proof):
        return "failed"
    if telephone.busy:
        return "busy"
    leg.become("ringing")
    after = telephone.answers_after_seconds
    await leg.wait(timeout if after is None else min(after, timeout))
    return "" if after is not None and after <= timeout else "no-answer"
