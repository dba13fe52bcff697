"""What SIPp is told to do, as its scenario files. Pure: acts in, XML out.

Keys go by SIP INFO: RTP events would need root. The citizen's SDP names a port of ours, so that what
the PBX says reaches our ears.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
KEY_MILLISECONDS = 160
BETWEEN_KEYS_MILLISECONDS = 200


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay on the line for that long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, one after the other."""

    keys: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True, slots=True)
class AwaitHangUp:
    """Wait until the other side ends the call."""


Act = Wait | Press | HangUp | AwaitHangUp


def citizen_scenario(acts: Sequence[Act], ear_port: int, *, challenged: bool = False) -> str:
    """The SIPp scenario of a citizen who dials, does the acts, and listens at `ear_port`.

    One that is `challenged` calls from an account and proves it.
    """
    sequence = 1
    body = [_send(_invite(ear_port, sequence))]
    if challenged:
        refused = [_TRYING, '<recv response="401" auth="true"/>', _send(_ack(sequence), once=True)]
        sequence += 1
        body += [*refused, _send(_invite(ear_port, sequence, "[authentication]\n"))]
    body += [_PROGRESS, '<recv response="200" rtd="true"/>', _send(_ack(sequence), once=True)]
    for act in acts:
        if isinstance(act, Wait):
            body.append(f'<pause milliseconds="{act.seconds * 1000:.0f}"/>')
        elif isinstance(act, AwaitHangUp):
            body += ['<recv request="BYE"/>', _send(_reply("200 OK"), once=True)]
        else:
            keys = act.keys if isinstance(act, Press) else [None]
            for key in keys:
                sequence += 1
                body += _request("BYE", sequence) if key is None else _key(key, sequence)
    return _scenario("citizen", body)


def desk_phone_scenario(
    ring_seconds: float | None,
    speech: Path | None = None,
    talk_seconds: float | None = None,
    hold_after_seconds: float | None = None,
) -> str:
    """The SIPp scenario of a phone that is rung and, unless None, answers and talks until the end.

    One that holds never takes the caller back.
    """
    body = ['<recv request="INVITE" rrs="true"/>', _send(_reply("180 Ringing", tag=True), once=True)]
    if ring_seconds is None:
        body += [
            '<recv request="CANCEL"/>',
            _send(_reply("200 OK"), once=True),
            _send(_reply("487 Request Terminated", tag=True)),
            '<recv request="ACK"/>',
        ]
    else:
        answer = _reply("200 OK", tag=True, sdp=sdp("[media_port]"))
        body += [
            f'<pause milliseconds="{ring_seconds * 1000:.0f}"/>',
            _send(answer),
            '<recv request="ACK"/>' if talk_seconds is hold_after_seconds is None else _ACK_REMEMBERED,
            *([f'<nop><action><exec rtp_stream="{speech},-1,0"/></action></nop>'] if speech else []),
            *(_holds(hold_after_seconds) if hold_after_seconds is not None else []),
            *(_hung_up_on() if talk_seconds is None else _hangs_up(talk_seconds)),
        ]
    return _scenario("desk phone", body)


def _hung_up_on() -> list[str]:
    return ['<recv request="BYE"/>', _send(_reply("200 OK"), once=True)]


def _hangs_up(talk_seconds: float) -> list[str]:
    pause = f'<pause milliseconds="{talk_seconds * 1000:.0f}"/>'
    bye = _called_side("BYE", 2) + "Content-Length: 0\n\n"
    return [pause, _send(bye), '<recv response="200"/>']


def _holds(after_seconds: float) -> list[str]:
    """A re-INVITE after which the phone only sends."""
    head = _called_side("INVITE", 1) + "Contact: <sip:[local_ip]:[local_port]>\n"
    body = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp('[media_port]', 'sendonly')}"
    ack = _called_side("ACK", 1) + "Content-Length: 0\n\n"
    pause = f'<pause milliseconds="{after_seconds * 1000:.0f}"/>'
    return [pause, _send(head + body), _TRYING, '<recv response="200"/>', _send(ack, once=True)]


def _called_side(method: str, sequence: int) -> str:
    """A request of the called side's: who the call was to is now who it is from."""
    return f"""{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [$own]
To: [$other]
Call-ID: [call_id]
CSeq: {sequence} {method}
Max-Forwards: 70
"""


def _scenario(name: str, body: list[str]) -> str:
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?>'
    return "\n".join([head, f'<scenario name="{name}">', *body, "</scenario>"]) + "\n"


def _send(message: str, *, once: bool = False) -> str:
    retransmit = "" if once else ' retrans="500"'
    return f"<send{retransmit}><![CDATA[\n{message}]]></send>"


def _head(method: str, sequence: int, *, established: bool = True) -> str:
    to_tag = "[peer_tag_param]" if established else ""
    return f"""{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}
Call-ID: [call_id]
CSeq: {sequence} {method}
Max-Forwards: 70
Contact: <sip:[field0]@[local_ip]:[local_port]>
"""


def sdp(port: int | str, *more: str) -> str:
    """The media a caller or a phone offers: G.711, at that port."""
    lines = "".join(f"a={line}\n" for line in more)
    return f"""v=0
o=sipp 1 1 IN IP4 {LOOPBACK}
s=-
c=IN IP4 {LOOPBACK}
t=0 0
m=audio {port} RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=ptime:20
{lines}"""


def _invite(ear_port: int, sequence: int, authentication: str = "") -> str:
    head = _head("INVITE", sequence, established=False) + authentication
    return f"{head}Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp(ear_port)}"


def _ack(sequence: int) -> str:
    return _head("ACK", sequence) + "Content-Length: 0\n\n"


def _key(key: str, sequence: int) -> list[str]:
    signal = f"Signal={key}\nDuration={KEY_MILLISECONDS}\n"
    head = _head("INFO", sequence)
    info = f"{head}Content-Type: application/dtmf-relay\nContent-Length: [len]\n\n{signal}"
    pause = f'<pause milliseconds="{BETWEEN_KEYS_MILLISECONDS}"/>'
    return [_send(info), '<recv response="200"/>', pause]


def _request(method: str, sequence: int) -> list[str]:
    return [_send(_head(method, sequence) + "Content-Length: 0\n\n"), '<recv response="200"/>']


def _reply(status: str, *, tag: bool = False, sdp: str = "") -> str:
    own_tag = ";tag=[pid]d[call_number]" if tag else ""
    body = (
        f"Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp}" if sdp else "Content-Length: 0\n\n"
    )
    return f"""SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]{own_tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
{body}"""


_TRYING = '<recv response="100" optional="true"/>'
_PROGRESS = "\n".join([_TRYING, *(f'<recv response="{code}" optional="true"/>' for code in (180, 183))])
_ACK_REMEMBERED = """<recv request="ACK"><action>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="own"/>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="other"/>
</action></recv>"""


def _register(sequence: int, authentication: str) -> str:
    return f"""REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[service]@[remote_ip]>;tag=[pid]r[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: {sequence} REGISTER
Contact: <sip:[service]@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 7200
{authentication}Content-Length: 0

"""


REGISTER = _scenario(
    "register",
    [
        _send(_register(1, "")),
        '<recv response="401" auth="true"/>',
        _send(_register(2, "[authentication]\n")),
        '<recv response="200"/>',
    ],
)

BUSY_PHONE = _scenario(
    "busy desk phone",
    ['<recv request="INVITE"/>', _send(_reply("486 Busy Here", tag=True)), '<recv request="ACK"/>'],
)
