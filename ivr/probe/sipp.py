"""Citizens and desk phones made of SIPp: real SIP calls with keys, each in a process of its own.

Keys go by SIP INFO: RTP events would need root. The SDP names a port of ours, so that what the PBX
says to the citizen reaches our ears.
"""

import asyncio
import csv
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


@dataclass(frozen=True, slots=True)
class Counts:
    """SIPp's own count of one process's calls."""

    created: int
    successful: int
    failed: int


class SippProcess:
    """One running SIPp; ends by itself after its calls or its time."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._folder = folder

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for its end; 0 when every call went as written."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it now."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def counts(self) -> Counts:
        """What SIPp counted; read after its end."""
        with (self._folder / "statistics.csv").open(newline="") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        return Counts(
            created=int(last["TotalCallCreated"]),
            successful=int(last["SuccessfulCall(C)"]),
            failed=int(last["FailedCall(C)"]),
        )


@dataclass(frozen=True, slots=True)
class Sipp:
    """Starts SIPp against one PBX; `folder` keeps scenarios and counts."""

    program: Path
    sip_port: int
    folder: Path

    async def call(
        self, name: str, number: str, caller: str, acts: Sequence[Act], *, ear_port: int, seconds: float
    ) -> SippProcess:
        """A citizen dials `number` and does `acts` once answered."""
        scenario = citizen_scenario(acts, ear_port)
        return await self._start(name, scenario, ["-s", number], user=caller, seconds=seconds)

    async def register(self, name: str, account: str, secret: str, port: int) -> None:
        """Register a desk phone at `port`; raises RuntimeError when the PBX refuses."""
        process = await self._start(
            f"{name}-register", REGISTER, ["-s", account, "-au", account, "-ap", secret],
            user=account, port=port, seconds=10,
        )  # fmt: skip
        if await process.wait() != 0:
            raise RuntimeError(f"the desk phone {account} could not register")

    async def desk_phone(
        self,
        name: str,
        port: int,
        *,
        ring_seconds: float | None,
        calls: int,
        seconds: float,
        speech: Path | None = None,
    ) -> SippProcess:
        """A desk phone that answers after `ring_seconds`, or (None) lets it ring until it is given up.

        `speech` is raw mu-law, spoken over and over once answered.
        """
        return await self._start(
            name, desk_phone_scenario(ring_seconds, speech), [], user=name, port=port, calls=calls,
            seconds=seconds, dials=False,
        )  # fmt: skip

    async def _start(
        self,
        name: str,
        scenario: str,
        more: list[str],
        *,
        user: str,
        seconds: float,
        port: int | None = None,
        calls: int = 1,
        dials: bool = True,
    ) -> SippProcess:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "scenario.xml").write_text(scenario)
        (folder / "users.csv").write_text(f"SEQUENTIAL\n{user};\n")
        target = [f"{LOOPBACK}:{self.sip_port}"] if dials else []
        own_port = ["-p", str(port)] if port else []
        with (folder / "output").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                str(self.program), *target, "-sf", "scenario.xml", "-inf", "users.csv", "-i", LOOPBACK,
                *own_port, "-m", str(calls), "-nostdin", "-timeout", f"{seconds:.0f}s", "-timeout_error",
                "-trace_stat", "-stf", "statistics.csv", "-fd", "1", *more,
                stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder,
            )  # fmt: skip
        return SippProcess(process, folder)


def citizen_scenario(acts: Sequence[Act], ear_port: int) -> str:
    """The SIPp scenario of a citizen who dials, does the acts, and listens at `ear_port`."""
    body = [_send(_invite(ear_port)), _PROGRESS, '<recv response="200" rtd="true"/>', _send(_ACK, once=True)]
    sequence = 1
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


def desk_phone_scenario(ring_seconds: float | None, speech: Path | None = None) -> str:
    """The SIPp scenario of a phone that is rung and, unless None, answers and talks until hung up on."""
    body = ['<recv request="INVITE"/>', _send(_reply("180 Ringing", tag=True), once=True)]
    if ring_seconds is None:
        body += [
            '<recv request="CANCEL"/>',
            _send(_reply("200 OK"), once=True),
            _send(_reply("487 Request Terminated", tag=True)),
            '<recv request="ACK"/>',
        ]
    else:
        answer = _reply("200 OK", tag=True, sdp=_sdp("[media_port]"))
        body += [
            f'<pause milliseconds="{ring_seconds * 1000:.0f}"/>',
            _send(answer),
            '<recv request="ACK"/>',
            *([f'<nop><action><exec rtp_stream="{speech},-1,0"/></action></nop>'] if speech else []),
            '<recv request="BYE"/>',
            _send(_reply("200 OK"), once=True),
        ]
    return _scenario("desk phone", body)


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


def _sdp(port: int | str) -> str:
    return f"""v=0
o=sipp 1 1 IN IP4 {LOOPBACK}
s=-
c=IN IP4 {LOOPBACK}
t=0 0
m=audio {port} RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=ptime:20
"""


def _invite(ear_port: int) -> str:
    head = _head("INVITE", 1, established=False)
    return f"{head}Content-Type: application/sdp\nContent-Length: [len]\n\n{_sdp(ear_port)}"


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


_PROGRESS = "\n".join(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183))
_ACK = _head("ACK", 1) + "Content-Length: 0\n\n"


def _register(sequence: int, authentication: str) -> str:
    return f"""REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[service]@[remote_ip]>;tag=[pid]r[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: {sequence} REGISTER
Contact: <sip:[service]@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 600
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
