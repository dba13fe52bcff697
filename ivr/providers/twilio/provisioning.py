"""Where the number's calls are answered: what is set at Twilio, and what callers hear when we are down."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from config.errors import NotFound, Refused
from config.settings import Settings
from config.sms_gateway import is_sealed
from ivr.providers.twilio.agent_replies import STATUS
from ivr.providers.twilio.rest import NumberState, TwilioApi, Webhooks
from ivr.providers.twilio.twiml import Dial, Hangup, Number, Say, render
from ivr.providers.twilio.voice import VOICE

# Spoken by Twilio alone: no recording stands in for them while we are down.
SORRY = "Mohon maaf, sistem kami sedang mengalami kendala."
IN_VAIN = "Mohon maaf, petugas kami belum dapat menerima panggilan ini."
LATER = "Silakan menelepon lagi beberapa saat lagi."
RING_SECONDS = 60


class NoSuchNumber(NotFound):
    """The account does not have the number of the settings."""

    def __init__(self, number: str) -> None:
        super().__init__(
            f"Nomor {number} tidak ada di akun Twilio ini. Periksa HOTLINE_TWILIO_NUMBER.",
            f"The number {number} is not in this Twilio account. Look at HOTLINE_TWILIO_NUMBER.",
        )


class OnOurOwnHost(Refused):
    """A fallback that would be down with us, or could be read on its way."""

    def __init__(self) -> None:
        super().__init__(
            "Alamat cadangan harus https dan di luar komputer kami, misalnya TwiML Bin: "
            "hotline twilio fallback",
            "The fallback address must be https and not on our machine, such as a TwiML Bin: "
            "hotline twilio fallback",
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of the number, by Twilio's name, as it is and as it should be; empty where there is none."""

    name: str
    now: str
    then: str


def wanted(settings: Settings, fallback_url: str) -> Webhooks:
    """What the number should have; raises OnOurOwnHost."""
    address = settings.twilio_address
    if fallback_url and not is_safe_fallback(address, fallback_url):
        raise OnOurOwnHost
    return Webhooks(f"{address}{VOICE}", "POST", fallback_url, f"{address}{STATUS}", "POST")


def is_safe_fallback(address: str, fallback_url: str) -> bool:
    """Whether it stands where we do not."""
    return is_sealed(fallback_url) and urlsplit(fallback_url).hostname != urlsplit(address).hostname


def differences(number: NumberState, webhooks: Webhooks) -> list[Difference]:
    """What has to be changed on the number."""
    pairs = [
        (one.name, getattr(number.webhooks, one.name), getattr(webhooks, one.name))
        for one in fields(Webhooks)
    ]
    found = [Difference(name, now, then) for name, now, then in pairs if now != then]
    return found + [Difference(name, sid, "") for name, sid in number.led_elsewhere.items()]


async def number_of(api: TwilioApi, settings: Settings) -> NumberState:
    """The line's number; raises NoSuchNumber."""
    number = await api.number(settings.twilio_number)
    if number is None:
        raise NoSuchNumber(settings.twilio_number)
    return number


def static_document(number: str, texts: Mapping[str, str]) -> bytes:
    """What callers hear while we are down: people at `number`, if there is one. It names no host of ours."""
    farewell = (Say(f"{LATER} {texts['darurat']}"), Hangup())
    if not number:
        return render((Say(SORRY), *farewell))
    dial = Dial(Number(number), None, RING_SECONDS)
    return render((Say(f"{SORRY} {texts['ke-petugas']}"), dial, Say(IN_VAIN), *farewell))
