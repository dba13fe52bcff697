"""The backend's process, as the supervisor starts it: the plan on standard input, then the server."""

import sys

import uvicorn

from agent_bridge.app import create_app
from config import logs
from config.settings import Settings
from ivr.providers.asterisk.plan import LOOPBACK, PbxPlan

MESSAGE_BYTES = 16 * 1024


def main() -> None:
    """Serve until ended."""
    redis_url, port = sys.argv[1:3]
    text = sys.stdin.read()
    plan = PbxPlan.from_json(text) if text else None
    logs.set_up()
    app = create_app(Settings(), plan, redis_url)
    uvicorn.run(
        app,
        host=LOOPBACK,
        port=int(port),
        log_config=None,
        access_log=False,
        ws_max_size=MESSAGE_BYTES,
        server_header=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
