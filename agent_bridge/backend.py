"""The backend's process, as the supervisor starts it: the plan on standard input, then the server."""

import gc
import socket
import sys
from functools import partial
from pathlib import Path

import uvicorn

from agent_bridge.app import create_app
from agent_bridge.front import in_front
from agent_bridge.house import Telephones
from agent_bridge.tls import serving
from config import logs
from config.settings import Settings
from ivr.providers.asterisk.plan import EVERYWHERE, LOOPBACK, PbxPlan
from ivr.providers.asterisk.provider import AsteriskProvider, PlannedPhones
from ivr.providers.provider import Requests
from ivr.providers.twilio.phones import OfficePhones, OwnSip
from ivr.providers.twilio.provider import TwilioProvider

MESSAGE_BYTES = 16 * 1024


def main() -> None:
    """Serve until ended."""
    redis_url, port, pair = sys.argv[1:4]
    text = sys.stdin.read()
    plan = PbxPlan.from_json(text) if text else None
    logs.set_up()
    settings = Settings()
    serve(settings, plan, redis_url, int(port), Path(pair) if pair else None)


def serve(settings: Settings, plan: PbxPlan | None, redis_url: str, port: int, pair: Path | None) -> None:
    """Serve the pages until ended: by TLS with the pair, and beyond loopback only so."""
    app = create_app(settings, telephones_of(settings, plan), redis_url)

    def requests() -> Requests | None:
        house = getattr(app.state, "house", None)
        return house.telephones.requests if house and house.telephones else None

    config = uvicorn.Config(
        in_front(app, requests),
        log_config=None,
        access_log=False,
        ws_max_size=MESSAGE_BYTES,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    config.load()
    config.ssl = serving(pair) if pair else None
    # What is loaded by now stays for ever; the collector need not look at it while callers wait.
    gc.freeze()
    uvicorn.Server(config).run(sockets=_listening(settings.listen if pair else LOOPBACK, port))


def telephones_of(settings: Settings, plan: PbxPlan | None) -> Telephones | None:
    """What makes this installation's telephone system; None where there is none."""
    if settings.pbx == "twilio":
        return partial(TwilioProvider, settings, _phones(settings, plan))
    wide = settings.allow_wide_ami_rights
    return partial(AsteriskProvider, plan, allow_wide_rights=wide) if plan else None


def _phones(settings: Settings, plan: PbxPlan | None) -> OfficePhones:
    """Those of the settings, and browsers where Twilio may ring our own Asterisk."""
    if plan is None or plan.legs is None:
        return OfficePhones(settings.twilio_phones)
    own = OwnSip(settings.twilio_sip, plan.legs.account, plan.legs.secret)
    return OfficePhones(settings.twilio_phones, PlannedPhones(plan), own)


def _listening(listen: str, port: int) -> list[socket.socket]:
    """The supervisor asks on 127.0.0.1 how we are, so that is listened on whatever else is."""
    hosts = [EVERYWHERE] if listen == EVERYWHERE else sorted({LOOPBACK, listen})
    listening = []
    for host in hosts:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, port))
        listening.append(one)
    return listening


if __name__ == "__main__":
    main()
