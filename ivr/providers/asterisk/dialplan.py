"""The dialplan: it answers, greets, asks us, and queues the caller whether or not we answer. Pure.

It fails open: `REG_OK` is the backend's last word (`AGISTATUS` says SUCCESS even when we die), and the
dead-man switch takes a caller out of a backend that fell silent (proven on Asterisk 22).
"""

from collections.abc import Iterable

from ivr.providers.asterisk.calling_out import outward_contexts
from ivr.providers.asterisk.handing_on import TICKET_SHOWN, colleagues_context
from ivr.providers.asterisk.plan import LOOPBACK, PbxPlan
from ticketing.facts import CLOSED

INBOUND = "hotline-masuk"
WAITING = "hotline-menunggu"
AGENTS = "hotline-petugas"
UNTOLD = "0"
"""The number of every channel of the trunk until the dialplan has read what the network wrote."""
CALLER_TOLD = "HotlineCaller"
"""Our own event of an arrival: by then the channel has the caller's number, or none."""
DEAD_MAN_SECONDS = 4
"""How long the backend may be silent before a caller goes on without it."""


def extensions(plan: PbxPlan) -> str:
    """`extensions.conf` of a private PBX: agents and citizens who practise dial the line as well."""
    return f"""[general]
static=yes
writeprotect=yes

{contexts(plan)}
[{AGENTS}]
exten => {plan.line_number},1,Goto({INBOUND},{plan.line_number},1)
"""


def contexts(plan: PbxPlan, lines: Iterable[str] = ()) -> str:
    """Our contexts, for any PBX. `lines` are more numbers that lead to the hotline.

    No context that a caller reaches by dialling can dial: there is the queue and nothing else.
    """
    queue = plan.queues[0]
    agi = f"agi://{LOOPBACK}:{plan.ports.agi}"
    doors = "".join(
        f"exten => {line},1,Goto({plan.line_number},1)\n" for line in lines if line != plan.line_number
    )
    return f"""[{INBOUND}]
exten => {plan.line_number},1,GotoIf($["${{CALLERID(num)}}"!="{UNTOLD}"]?told)
{_read_caller()} same => n(told),Set(HOTLINE_CALLER=${{FILTER(0-9+,${{CALLERID(num)}})}})
 same => n,Set(CALLERID(name)=)
 same => n,Set(__HOTLINE_CALL=${{UNIQUEID}})
 same => n,UserEvent({CALLER_TOLD})
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,Set(REG_OK=0)
 same => n,Set(HOTLINE_QUEUE={queue.name})
 same => n,Set(HOTLINE_DEADLINE=$[${{EPOCH}}+{queue.max_wait_seconds}])
 same => n,Answer()
 same => n,Set(JAM=${{STRFTIME(${{EPOCH}},Asia/Jakarta,%H)}})
 same => n,Set(SALAM=${{IF($[${{JAM}}<18]?sore:malam)}})
 same => n,Set(SALAM=${{IF($[${{JAM}}<15]?siang:${{SALAM}})}})
 same => n,Set(SALAM=${{IF($[${{JAM}}<11]?pagi:${{SALAM}})}})
 same => n,Playback(hotline/salam-${{SALAM}})
 same => n,Set(TIMEOUT(absolute)={DEAD_MAN_SECONDS})
 same => n,AGI({agi}/daftar)
 same => n,Set(TIMEOUT(absolute)=0)
 same => n(after),GotoIf($["${{REG_OK}}"="1"]?registered)
 same => n,Playback(hotline/tetap-dilayani)
 same => n,Goto({WAITING},enter,1)
 same => n(registered),GotoIf($["${{HOTLINE_NEXT}}"="selesai"]?bye)
 same => n,Goto({WAITING},enter,1)
 same => n(bye),Hangup()
; Whoever dials "T" as a number has no call to go on with.
exten => T,1,GotoIf($["${{HOTLINE_CALL}}"=""]?refuse)
 same => n,Set(TIMEOUT(absolute)=0)
 same => n,Goto({plan.line_number},after)
 same => n(refuse),Hangup(1)
{doors}
[{WAITING}]
; The caller's number goes no further: queue_log, CEL and the agents' phones see the ticket's number.
exten => enter,1,Set(CALLERID(num)={TICKET_SHOWN})
 same => n,Set(CALLERID(ani)=)
 same => n(queue),Set(CLOSES=${{IF($["${{HOTLINE_CLOSES}}"=""]?${{HOTLINE_DEADLINE}}:${{HOTLINE_CLOSES}})}})
 same => n,Set(UNTIL=${{IF($[${{CLOSES}}<${{HOTLINE_DEADLINE}}]?${{CLOSES}}:${{HOTLINE_DEADLINE}})}})
 same => n,Set(LEFT=$[${{UNTIL}}-${{EPOCH}}])
 same => n,Set(LEFT=${{IF($[${{LEFT}}<1]?1:${{LEFT}})}})
 same => n,Queue(${{HOTLINE_QUEUE}},,,,${{LEFT}},,,,${{HOTLINE_POSITION}})
 same => n,Set(STATUS=${{FILTER(A-Z,${{QUEUESTATUS}})}})
; Only the backend knows the office's hours: without it a caller is served, however late.
 same => n,Set(OVER=${{IF($["${{HOTLINE_CLOSES}}"=""]?0:$[${{EPOCH}}>=${{CLOSES}}])}})
 same => n,Set(STATUS=${{IF($["${{STATUS}}"="TIMEOUT" & ${{OVER}}]?{CLOSED}:${{STATUS}})}})
 same => n,UserEvent(HotlineQueueExit,Queue:${{HOTLINE_QUEUE}},Status:${{STATUS}})
 same => n,Goto(exit-${{STATUS}},1)
; A key while waiting: said to the backend, then back to the same place in the queue.
exten => _[0-9*#],1,Set(HOTLINE_POSITION=${{QUEUEPOSITION}})
 same => n,Set(TIMEOUT(absolute)={DEAD_MAN_SECONDS})
 same => n,AGI({agi}/menunggu,${{FILTER(0-9*#,${{EXTEN}})}})
 same => n,Set(TIMEOUT(absolute)=0)
 same => n,GotoIf($["${{HOTLINE_NEXT}}"="selesai"]?bye)
 same => n,Goto(enter,queue)
 same => n(bye),Hangup()
exten => T,1,Set(TIMEOUT(absolute)=0)
 same => n,Goto(enter,queue)
{_exits()}{colleagues_context(plan)}{outward_contexts(plan)}"""


def _read_caller() -> str:
    """What the network wrote is a number if it is written as one and not withheld, else it is nothing.

    Asterisk sends a number in its events as it came, line breaks and all, so a channel begins without
    one; a trunk's HOTLINE_FROM names the header to read, or none. The address is cut out by hand:
    PJSIP_PARSE_URI writes what it cannot read into the log. A name with a bracket could pass for the
    address.
    """
    privacy = "${FILTER(a-zA-Z,${PJSIP_HEADER(read,Privacy)})}"
    return f""" same => n,GotoIf($["${{HOTLINE_FROM}}"="none"]?withheld)
 same => n,Set(FROM=${{CHANNEL(pjsip,remote_uri)}})
 same => n,GotoIf($["${{HOTLINE_FROM}}"=""]?from)
 same => n,Set(FROM=${{PJSIP_HEADER(read,${{HOTLINE_FROM}})}})
 same => n(from),GotoIf($[${{FIELDQTY(FROM,<)}}>2]?withheld)
 same => n,GotoIf($[${{FIELDQTY(FROM,<)}}<2]?bare)
 same => n,Set(FROM=${{CUT(FROM,<,2)}})
 same => n(bare),Set(FROM=${{CUT(FROM,>,1)}})
 same => n,Set(FROM=${{CUT(FROM,@,1)}})
 same => n,Set(FROM=${{FROM:4}})
 same => n,Set(CALLERID(num)=${{FILTER(0-9+,${{FROM}})}})
 same => n,GotoIf($["${{LEN(${{FROM}})}}"!="${{LEN(${{CALLERID(num)}})}}"]?withheld)
 same => n,GotoIf($["{privacy}"="" | "{privacy}"="none"]?told)
 same => n(withheld),Set(CALLERID(num)=)
"""


QUEUE_STATUSES = (
    "TIMEOUT",
    "FULL",
    "JOINEMPTY",
    "LEAVEEMPTY",
    "JOINUNAVAIL",
    "LEAVEUNAVAIL",
    "CONTINUE",
    "WITHDRAW",
)
"""Every QUEUESTATUS of app_queue in Asterisk 22; each has a spoken way out."""


def _exits() -> str:
    lines = []
    for status in ("", *QUEUE_STATUSES):
        lines.append(f"exten => exit-{status},1,{_told('semua-sibuk')}\n same => n,Hangup()\n")
    lines.append(f"exten => exit-{CLOSED},1,{_told('tutup-saat-menunggu')}\n same => n,Hangup()\n")
    # Where a later Asterisk knows one more status.
    lines.append(f"exten => i,1,{_told('semua-sibuk')}\n same => n,Hangup()\n")
    return "".join(lines)


def _told(prompt: str) -> str:
    """A call-back is promised only to whom the backend found that it can be called."""
    return f'Playback(hotline/{prompt}${{IF($["${{HOTLINE_CALLABLE}}"="1"]?:-netral)}})'
