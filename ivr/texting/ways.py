"""Which way text messages take here: into a folder, to a provider's gateway, by Twilio, or none."""

from config.settings import Settings
from ivr.providers.twilio.rest import TwilioApi
from ivr.providers.twilio.texts import TwilioTexts, ways_of
from ivr.texting.file_drop import FileDrop
from ivr.texting.gateway import GatewayForm, HttpGateway
from ivr.texting.port import Texts
from ivr.texting.wording import StatusWays


def texts_by(settings: Settings) -> Texts | None:
    """What sends text messages here, if anything does."""
    if settings.sms_by == "files":
        return FileDrop(settings.folder / "sms")
    if settings.sms_by == "none":
        return None
    if settings.sms_by == "twilio":
        return TwilioTexts(TwilioApi(settings.twilio_account, settings.twilio_tokens[0]), ways_of(settings))
    form = GatewayForm(
        url=settings.sms_url,
        fields=settings.sms_fields,
        as_json=settings.sms_json,
        headers=settings.sms_headers,
        token=settings.sms_secret,
        number_form=settings.sms_number_form,
        expect=settings.sms_expect,
        refuses=settings.sms_refuses,
        knows_keys=settings.sms_knows_keys,
    )
    return HttpGateway(form)


def status_ways(settings: Settings) -> StatusWays:
    """How citizens ask for the status."""
    return StatusWays(settings.dialled_number, settings.public_url)
