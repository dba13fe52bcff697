"""An agent hands a caller on to a colleague: the context that rings agents' phones and nothing else. Pure.

Nobody comes there but by the control user's BlindTransfer. A redirect would do as well, but falsifies the
talk's length (app_queue hears of a transfer only).
"""

from ivr.providers.asterisk.plan import PbxPlan

COLLEAGUES = "hotline-rekan"
IDLE = "0"
"""The state of an extension whose phone is there and free; without the extension it is -1."""
TICKET_SHOWN = '${IF($["${HOTLINE_LABEL}"=""]?0:${HOTLINE_LABEL})}'
"""What an agent's phone shows of a caller: the ticket's number, never the caller's."""


def colleagues_of(plan: PbxPlan) -> dict[str, str]:
    """The extension of every agent's phone, by what the queue rings it by.

    A bare account might be a pattern (`_X.`) or mean something to Asterisk (`h`, `i`).
    """
    return {phone.interface: f"ke_{phone.account}" for phone in plan.phones if phone.role == "agent"}


def colleagues_context(plan: PbxPlan) -> str:
    """The context, for any PBX. A phone that is not taken leaves the caller with a sentence, not silence."""
    phones = "".join(
        f"exten => {exten},hint,{phone}\nexten => {exten},1,Set(PHONE={phone})\n same => n,Goto(ring,1)\n"
        for phone, exten in colleagues_of(plan).items()
    )
    return f"""
[{COLLEAGUES}]
{phones}exten => ring,1,Set(CALLERID(num)={TICKET_SHOWN})
 same => n,Set(CALLERID(name)=)
 same => n,Set(CALLERID(ani)=)
 same => n,Dial(${{PHONE}},{plan.queues[0].ring_seconds})
 same => n,Playback(hotline/semua-sibuk-netral)
 same => n,Hangup()
"""
