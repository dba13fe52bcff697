"""The office's own PBX as the settings and `trunks.yaml` name it."""

from config.office import Office
from config.settings import Settings
from config.trunks import Trunks, read_trunks
from ivr.providers.asterisk.plan import PbxPlan, Phone, Ports

NAME = "kantor"


def own_plan(settings: Settings, office: Office) -> PbxPlan:
    """What the hotline must know of the office's PBX; raises ConfigurationFault."""
    return plan_with(settings, office, read_trunks(settings.office))


def plan_with(settings: Settings, office: Office, trunks: Trunks) -> PbxPlan:
    """The same, where the trunks are read already."""
    reader, control = settings.manager_secrets
    readable = settings.pbx_logs.is_dir() and settings.ami_ca is None
    return PbxPlan(
        name=NAME,
        host=settings.ami_host,
        ca=settings.ami_ca,
        ports=Ports(ami=settings.ami_port, agi=settings.agi_port),
        reader_secret=reader,
        control_secret=control,
        line_number=settings.line_number,
        queues=tuple(office.queues.values()),
        phones=tuple(Phone(name, "", "sip", "agent") for name in trunks.desk_phones),
        sounds=settings.folder / "sounds",
        books=settings.pbx_logs if readable else None,
    )
