"""The backend's process, as the supervisor starts it: the plan on standard input, then the server."""

import gc
import socket
import sys
from functools import partial
from pathlib import Path

import uvicorn

from agent_bridge.app import create_app
from agent_bridge.tls import serving
from config import logs
from config.settings import Settings
from ivr.providers.asterisk.plan import EVERYWHERE, LOOPBACK, PbxPlan
from ivr.providers.asterisk.provider import AsteriskProvider

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
    wide = settings.allow_wide_ami_rights
    telephones = partial(AsteriskProvider, plan, allow_wide_rights=wide) if plan else None
    config = uvicorn.Config(
        create_app(settings, telephones, redis_url),
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
