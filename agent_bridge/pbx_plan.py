"""Which PBX the hotline works with: a private one that it starts, or the office's own."""

import secrets
from pathlib import Path

from agent_bridge import parts
from agent_bridge.house import read_office
from config import certificate_files
from config.office import Office
from config.settings import Settings
from config.trunks import Trunks, read_trunks
from ivr.providers.asterisk.own_pbx import endpoint_of
from ivr.providers.asterisk.plan import Outward, PbxPlan, Phone, Ports, draw_up

NAME = "kantor"
PLAN_FILE = "pbx.json"
"""Where a check finds the PBX that runs now; it holds secrets and is its owner's alone."""


def plan_pbx(settings: Settings, desk_phones: int = 3) -> PbxPlan | None:
    """The PBX's plan: the office's own, a private one's, or None where there is no Asterisk.

    A line at Twilio needs one only where it rings agents' browsers.
    """
    if settings.pbx == "own":
        return own_plan(settings, read_office(settings).office)
    if settings.pbx == "twilio" and not settings.twilio_sip:
        return None
    program = parts.find("asterisk", settings)
    if program is None:
        return None
    root = parts.asterisk_root(program)
    office = read_office(settings).office
    system = not (root / parts.LIBRARIES / "asterisk/modules").is_dir()
    base = Path("/") if system else root
    return draw_up(
        modules=base / parts.LIBRARIES / "asterisk/modules",
        data=base / "usr/share/asterisk",
        work=settings.folder / "pbx",
        sounds=settings.folder / "sounds",
        music=settings.folder / "music" / "hold.wav",
        boot=secrets.token_hex(4),
        queues=list(office.queues.values()),
        line_number=settings.line_number,
        desk_phones=desk_phones,
        listen=settings.listen,
        certificate=certificate_files.pair_in(settings.tls_folder),
        wss_port=settings.port + 1 if settings.port else 0,
        allowed=office.call_backs.allowed_regexes,
        ring_seconds=office.call_backs.ring_seconds,
        legs_port=int(settings.twilio_sip.rpartition(":")[2]) if settings.twilio_sip else None,
    )


def own_plan(settings: Settings, office: Office) -> PbxPlan:
    """What the hotline must know of the office's PBX; raises ConfigurationFault."""
    return plan_with(settings, office, read_trunks(settings.office))


def plan_with(settings: Settings, office: Office, trunks: Trunks) -> PbxPlan:
    """The same, where the trunks are read already."""
    reader, control, dialler = settings.manager_secrets
    readable = settings.pbx_logs.is_dir() and settings.ami_ca is None
    return PbxPlan(
        name=NAME,
        host=settings.ami_host,
        ca=settings.ami_ca,
        ports=Ports(ami=settings.ami_port, agi=settings.agi_port),
        reader_secret=reader,
        control_secret=control,
        dialler_secret=dialler,
        line_number=settings.line_number,
        queues=tuple(office.queues.values()),
        phones=tuple(Phone(name, "", "sip", "agent") for name in trunks.desk_phones),
        sounds=settings.folder / "sounds",
        books=settings.pbx_logs if readable else None,
        outward=_outward(office, trunks),
    )


def _outward(office: Office, trunks: Trunks) -> Outward | None:
    trunk, rules = trunks.dialling, office.call_backs
    if trunk is None:
        return None
    return Outward(endpoint_of(trunk), rules.allowed_regexes, trunk.dial, rules.ring_seconds)


def plan_of(settings: Settings) -> PbxPlan | None:
    """The office's own PBX, or the private one that runs now."""
    if settings.pbx == "own":
        return own_plan(settings, read_office(settings).office)
    try:
        return PbxPlan.from_json((settings.folder / "run" / PLAN_FILE).read_text())
    except OSError:
        return None
