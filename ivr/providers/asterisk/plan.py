"""What the hotline knows of its PBX, and of a private one all that its files follow from."""

import json
import re
import secrets
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from config.certificates import OWN_NAMES
from config.errors import Text
from config.office import Queue

TRUNK = "trunk"
"""A private PBX's endpoint for everything that is no phone of ours."""
LEGS = "luar"
"""Its account for another telephone system that rings agents' phones."""
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - only by TLS
SECRET_BYTES = 18
RTP_PORTS = 400
RTP_LOWEST, RTP_HIGHEST = 20_000, 32_000
"""Below the ephemeral ports, so that no outgoing connection sits on a port a call needs."""
CONTROL_SOCKET_ROOM = 90
"""A unix socket's path holds 107 bytes; what is left is for `/asterisk.ctl`."""
_HOST = re.compile(r"[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the PBX and the backend meet; 0 where that is none of our business.

    `wss` is where browsers' phones come by TLS; `network` where the world beyond a private PBX would be.
    """

    ami: int
    agi: int
    sip: int = 0
    http: int = 0
    wss: int = 0
    network: int = 0
    rtp_first: int = 0


@dataclass(frozen=True, slots=True)
class Phone:
    """An account that can register: a desk phone or a browser, an agent's or a practising citizen's."""

    account: str
    secret: str
    kind: Literal["sip", "browser"]
    role: Literal["agent", "citizen"]
    caller_number: str = ""

    @property
    def interface(self) -> str:
        """The name the queue rings it by."""
        return f"PJSIP/{self.account}"


@dataclass(frozen=True, slots=True)
class Outward:
    """How the office calls citizens: by which PJSIP endpoint, which numbers, and how they are written.

    `allowed` are regular expressions of whole numbers in E.164; `form` is what takes the place of +62.
    """

    endpoint: str
    allowed: tuple[str, ...]
    form: str = "+62"
    ring_seconds: int = 40


@dataclass(frozen=True, slots=True)
class Legs:
    """The account by which another telephone system rings agents' phones here; `port` is its TLS port."""

    account: str
    secret: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxPlan:
    """What the hotline must know of a PBX to work with it, be it private or the office's own.

    `books` is the folder of its queue_log and CEL, None where they cannot be read here; `ca` is who
    vouches for its manager's certificate, None where the manager is on this machine and speaks plainly.
    With a `certificate` (chain and key in one file) browsers' phones come by TLS, on `listen`. Without
    `outward` the office calls nobody, and the PBX has no user who could; without `legs` no other telephone
    system rings a phone here.
    """

    name: str
    host: str = LOOPBACK
    ca: Path | None = None
    ports: Ports
    reader_secret: str
    control_secret: str
    dialler_secret: str = ""
    line_number: str
    queues: tuple[Queue, ...]
    phones: tuple[Phone, ...]
    sounds: Path
    books: Path | None
    listen: str = LOOPBACK
    certificate: Path | None = None
    outward: Outward | None = None
    legs: Legs | None = None

    def browser_socket(self, asked: str) -> str:
        """The origin of the PBX's socket for browsers' phones.

        By TLS the PBX is reached under the very name the page was, which its certificate holds.
        """
        if self.certificate is None:
            return f"ws://{LOOPBACK}:{self.ports.http}"
        name = asked if _HOST.fullmatch(asked) else LOOPBACK
        if self.listen != EVERYWHERE and name in OWN_NAMES:
            name = self.listen
        return f"wss://{name}:{self.ports.wss}"

    def phones_of(self, role: str, kind: str) -> list[Phone]:
        """The phones of one role and kind."""
        return [phone for phone in self.phones if phone.role == role and phone.kind == kind]

    def to_json(self) -> str:
        """The plan for another process; it holds secrets."""
        return json.dumps(asdict(self), default=_plain)

    @classmethod
    def from_json(cls, text: str) -> "PbxPlan":
        """The plan `to_json` wrote, without what only the owner of a private PBX needs."""
        plain: dict[str, Any] = json.loads(text)
        known = {one.name: plain[one.name] for one in fields(PbxPlan)}
        queues = tuple(Queue(**(queue | {"label": Text(**queue["label"])})) for queue in plain["queues"])
        phones = tuple(Phone(**phone) for phone in plain["phones"])
        paths = {name: plain[name] and Path(plain[name]) for name in ("ca", "sounds", "books", "certificate")}
        outward, legs = plain["outward"], plain["legs"]
        made = {
            "ports": Ports(**plain["ports"]),
            "queues": queues,
            "phones": phones,
            "outward": outward and Outward(**(outward | {"allowed": tuple(outward["allowed"])})),
            "legs": legs and Legs(**legs),
        }
        return PbxPlan(**(known | paths | made))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivatePlan(PbxPlan):
    """The whole private PBX. `boot` makes its Uniqueids unique across restarts."""

    modules: Path
    data: Path
    work: Path
    run: Path
    music: Path
    boot: str

    def rebooted(self, boot: str) -> "PrivatePlan":
        """The same PBX, started again."""
        return replace(self, boot=boot, name=_name(boot))


def _name(boot: str) -> str:
    """The PBX's name, which prefixes every Uniqueid."""
    return f"hotline-{boot}"


def _plain(value: object) -> str:
    return str(value)


def draw_up(
    *,
    modules: Path,
    data: Path,
    work: Path,
    sounds: Path,
    music: Path,
    boot: str,
    queues: Sequence[Queue],
    line_number: str = "1500",
    desk_phones: int = 3,
    browser_phones: int = 3,
    citizen_phones: int = 3,
    listen: str = LOOPBACK,
    certificate: Path | None = None,
    wss_port: int = 0,
    allowed: Sequence[str] = (),
    ring_seconds: int = 40,
    legs_port: int | None = None,
) -> PrivatePlan:
    """A plan with free ports and fresh secrets; `wss_port` is taken if it is free.

    Citizens whose numbers match one of `allowed` can be called: those who practise at their phones, all
    others at the port where a network would be. Another telephone system may come by `legs_port`.
    """
    return PrivatePlan(
        name=_name(boot),
        books=work / "log",
        modules=modules,
        data=data,
        work=work,
        run=_run_folder(work),
        sounds=sounds,
        music=music,
        boot=boot,
        ports=_free_ports(listen, wss_port),
        reader_secret=_secret(),
        control_secret=_secret(),
        dialler_secret=_secret(),
        line_number=line_number,
        queues=tuple(queues),
        phones=_phones(desk_phones, browser_phones, citizen_phones),
        listen=listen if certificate else LOOPBACK,
        certificate=certificate,
        outward=Outward(TRUNK, tuple(allowed), ring_seconds=ring_seconds),
        legs=Legs(LEGS, _secret(), legs_port) if legs_port else None,
    )


def _phones(desk: int, browser: int, citizen: int) -> tuple[Phone, ...]:
    """Agents' accounts, and citizens' with numbers that no network assigns (0812 0000 00nn)."""
    agents = [Phone(f"meja{n:02d}", _secret(), "sip", "agent") for n in range(1, desk + 1)]
    agents += [Phone(f"layar{n:02d}", _secret(), "browser", "agent") for n in range(1, browser + 1)]
    citizens = [
        Phone(f"warga{n:02d}", _secret(), "browser", "citizen", f"+62812000000{n:02d}")
        for n in range(1, citizen + 1)
    ]
    citizens.append(Phone("warga-sip", _secret(), "sip", "citizen", "+6281200000099"))
    return (*agents, *citizens)


def _secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def _run_folder(work: Path) -> Path:
    """Where the control socket lives: in the work folder unless that makes its path too long."""
    run = work / "run"
    return run if len(str(run)) < CONTROL_SOCKET_ROOM else Path(tempfile.mkdtemp(prefix="hotline-"))


def _free_ports(listen: str, wss_port: int) -> Ports:
    """Free ports, held open together so that no two are the same."""
    with (
        _bound(socket.SOCK_DGRAM) as sip,
        _bound(socket.SOCK_DGRAM) as network,
        _bound(socket.SOCK_STREAM) as ami,
        _bound(socket.SOCK_STREAM) as agi,
        _bound(socket.SOCK_STREAM) as http,
        _bound_by_choice(listen, wss_port) as wss,
    ):
        return Ports(
            sip=sip.getsockname()[1],
            ami=ami.getsockname()[1],
            agi=agi.getsockname()[1],
            http=http.getsockname()[1],
            wss=wss.getsockname()[1],
            network=network.getsockname()[1],
            rtp_first=_free_rtp_block(),
        )


def _bound_by_choice(host: str, port: int) -> socket.socket:
    """A firewall's rule wants the same port every day."""
    try:
        return _bound(socket.SOCK_STREAM, port, host)
    except OSError:
        return _bound(socket.SOCK_STREAM, 0, host)


def _bound(kind: socket.SocketKind, port: int = 0, host: str = LOOPBACK) -> socket.socket:
    held = socket.socket(socket.AF_INET, kind)
    try:
        if kind == socket.SOCK_STREAM:
            # Connections of the last run that are still closing do not take the port.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((host, port))
    except OSError:
        held.close()
        raise
    return held


def _free_rtp_block() -> int:
    for _ in range(100):
        first = RTP_LOWEST + 2 * secrets.randbelow((RTP_HIGHEST - RTP_LOWEST - RTP_PORTS) // 2)
        held: list[socket.socket] = []
        try:
            for port in range(first, first + RTP_PORTS):
                held.append(_bound(socket.SOCK_DGRAM, port))
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
        return first
    raise OSError("no block of free UDP ports")
