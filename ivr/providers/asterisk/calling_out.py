"""The office's calls to citizens, in Asterisk's words: the one context that dials, and what begins it. Pure.

The agent's phone is rung first; once it is taken, the context holds the number against the office's
patterns again and dials. No caller gets there: nothing else names these contexts.
"""

import re
import secrets
from collections.abc import Iterator

from config.errors import Refused
from ivr.providers.asterisk.plan import Outward, PbxPlan

OUTWARD = "hotline-balik"
REACHED = "hotline-terhubung"
CITIZEN_REACHED = "HotlineReached"
CALL_BACK_OVER = "HotlineBack"
"""Our own events of an office's call: the citizen answered; the dialling is over."""
REFUSED = "REFUSED"
"""The status of a call whose number the dialplan would not dial."""
AGENT_RING_SECONDS = 20
"""How long the agent's phone rings; who pressed the key sits beside it."""

_CALL_ID = re.compile(r"-balik-0\.[0-9a-f]{16}$")
_NUMBER = re.compile(r"\+[0-9]{5,15}")
_WORD = re.compile(r"[A-Za-z0-9._-]{1,120}")
_PHONE = re.compile(r"PJSIP/[A-Za-z0-9._-]{1,40}")


class UnsafeValue(Refused):
    """A value that would become an action of its own, or be cut."""

    def __init__(self, header: str) -> None:
        super().__init__(f"Nilai {header} tidak boleh dikirim.", f"The value of {header} may not be sent.")


def new_call_id(pbx: str) -> str:
    """A channel's Uniqueid that the PBX never gives by itself.

    Of two channels in one call the one whose second is the lower names it (`Linkedid`): ours has 0.
    """
    return f"{pbx}-balik-0.{secrets.token_hex(8)}"


def is_outward(call_id: str) -> bool:
    """Whether the office made the call with that id."""
    return _CALL_ID.search(call_id) is not None


def originate(call_id: str, phone: str, agent_id: str, number: str, label: str) -> dict[str, str]:
    """The action that rings the agent's phone and leads it to the context that dials. Raises UnsafeValue.

    `Variable` holds several values with commas between, so each is a plain word.
    """
    values = (
        ("phone", phone, _PHONE),
        ("call_id", call_id, _WORD),
        ("agent_id", agent_id, _WORD),
        ("label", label, _WORD),
        ("number", number, _NUMBER),
    )
    for name, value, pattern in values:
        if not pattern.fullmatch(value):
            raise UnsafeValue(name)
    return {
        "Channel": phone,
        "ChannelId": call_id,
        "Context": OUTWARD,
        # An extension that is no number: app_dial would take it for the caller's.
        "Exten": "s",
        "Priority": "1",
        "Async": "true",
        "Timeout": str(AGENT_RING_SECONDS * 1000),
        "CallerID": f"<{label}>",
        "Variable": f"__HOTLINE_CALL={call_id},__HOTLINE_AGENT={agent_id},HOTLINE_TO={number}",
    }


def outward_contexts(plan: PbxPlan) -> str:
    """The contexts of the office's calls; none where it makes none."""
    if plan.outward is None:
        return ""
    # A hyphen that is to pass stands first: between two letters it is a range, at the end it is nothing.
    agent = "${FILTER(-a-zA-Z0-9._,${HOTLINE_AGENT})}"
    return f"""
[{OUTWARD}]
; Nobody comes here but the manager's user who may originate, and no number is dialled unseen.
exten => s,1,Set(STATUS={REFUSED})
 same => n,Set(TO=${{FILTER(0-9+,${{HOTLINE_TO}})}})
 same => n,GotoIf($["${{LEN(${{TO}})}}"!="${{LEN(${{HOTLINE_TO}})}}"]?bye)
 same => n,Set(MAY=0)
{"".join(_checks(plan.outward))} same => n,GotoIf($["${{MAY}}"="0"]?bye)
{"".join(_doors(plan, plan.outward))} same => n,Set(CALLERID(num)={plan.line_number})
 same => n,Set(CALLERID(name)=)
 same => n,Set(HOTLINE_TO=)
 same => n,Set(STATUS=)
 same => n,Dial(${{DOOR}},{plan.outward.ring_seconds},U({REACHED}))
 same => n(bye),Hangup()
; However it ended, also by the agent hanging up while it rang.
exten => h,1,Set(STATUS=${{IF($["${{DIALSTATUS}}"=""]?${{STATUS}}:${{DIALSTATUS}})}})
 same => n,Set(BY=${{IF($["${{CHANNEL(hangupsource)}}"="${{CHANNEL(name)}}"]?agent:caller)}})
 same => n,Set(BY=${{IF($["${{CHANNEL(hangupsource)}}"=""]?:${{BY}})}})
 same => n,Set(ABOUT=Agent:{agent},Leg:${{HOTLINE_LEG}},Reason:${{BY}})
 same => n,UserEvent({CALL_BACK_OVER},Status:${{FILTER(A-Z,${{STATUS}})}},${{ABOUT}})

[{REACHED}]
; On the citizen's channel, the moment it was taken.
exten => s,1,Set(MASTER_CHANNEL(HOTLINE_LEG)=${{UNIQUEID}})
 same => n,UserEvent({CITIZEN_REACHED},Agent:{agent})
 same => n,Return()
"""


def _checks(outward: Outward) -> Iterator[str]:
    for regex in outward.allowed:
        yield f' same => n,Set(MAY=${{IF($["${{REGEX("{regex}" ${{TO}})}}"="1"]?1:${{MAY}})}})\n'


def _doors(plan: PbxPlan, outward: Outward) -> Iterator[str]:
    """The way to a number: out by the trunk, or straight to the phone of a citizen who practises."""
    written = {"+62": "${TO}", "62": "${TO:1}", "0": "0${TO:3}"}[outward.form]
    yield f" same => n,Set(DOOR=PJSIP/{written}@{outward.endpoint})\n"
    for phone in plan.phones:
        if phone.role == "citizen":
            here = f'$["${{TO}}"="{phone.caller_number}"]'
            yield f" same => n,Set(DOOR=${{IF({here}?{phone.interface}:${{DOOR}})}})\n"
