"""Whom the probe calls, as whom, and what it knows the sounds by."""

from dataclasses import dataclass, field

from agent_bridge.pbx_plan import plan_of
from agent_bridge.sounds import originals
from agent_bridge.taking import history_of
from config.errors import Unavailable
from config.settings import Settings
from ivr.probe.ears import Vocabulary
from ivr.providers.asterisk.plan import LOOPBACK
from ivr.speech import prompts
from ivr.speech.prompts import LANGUAGE_FOLDER, NORMAL


class NoWay(Unavailable):
    """Nobody has said where the probe's call goes."""

    def __init__(self) -> None:
        super().__init__(
            "Isi HOTLINE_PROBE_HOST dengan alamat SIP PBX kantor atau penyedia SIP; probe lewat situ.",
            "Set HOTLINE_PROBE_HOST to the SIP address of the office's PBX or of a SIP provider; "
            "the probe calls from there.",
        )


class NoSounds(Unavailable):
    """The hotline has not made its prompts here, so that none can be known by its sound."""

    def __init__(self) -> None:
        super().__init__(
            "Suara hotline belum dibuat di sini. Jalankan: hotline run",
            "The hotline's prompts were not made here yet. Run: hotline run",
        )


@dataclass(frozen=True, slots=True)
class Place:
    """The PBX's SIP address, the number to dial there, and the user (and secret) to call as."""

    server: tuple[str, int]
    dial: str
    user: str = field(repr=False)
    secret: str = field(repr=False, default="")


def place_of(settings: Settings) -> Place | None:
    """Where to call; None where no hotline runs here. Raises NoWay."""
    dial = settings.probe_dial or settings.dialled_number
    user, secret = settings.probe_account or settings.probe_number, settings.probe_secret.get_secret_value()
    if settings.probe_host:
        return Place((settings.probe_host, settings.probe_port), dial, user, secret)
    if settings.pbx != "private":
        raise NoWay
    plan = plan_of(settings)
    return Place((LOOPBACK, plan.ports.sip), dial, user, secret) if plan else None


def as_running(settings: Settings) -> Settings:
    """The settings with the configuration that the running hotline has taken, if it ever took one."""
    history = history_of(settings)
    taken = history.name() is not None
    return settings.model_copy(update={"office": history.current}) if taken else settings


def vocabulary(settings: Settings) -> Vocabulary:
    """What every prompt ought to sound like: as it was made, not as the PBX plays it now. Raises NoSounds."""
    sounds = originals(settings) / LANGUAGE_FOLDER / NORMAL
    files = {name: sounds / f"{name}.wav" for name in prompts.load(settings.office)}
    if not all(file.exists() for file in files.values()):
        raise NoSounds
    music = settings.folder / "music" / "hold.wav"
    return Vocabulary.of(files | ({"music": music} if music.exists() else {}))
