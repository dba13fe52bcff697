"""The backend with a bare WebSocket echo beside its own routes: what a message costs on the same server."""

import sys
from functools import partial

import uvicorn
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_bridge.app import create_app
from config import logs
from config.settings import Settings
from ivr.providers.asterisk.plan import PbxPlan
from ivr.providers.asterisk.provider import AsteriskProvider

ECHO = "/bench/echo"


async def echo(socket: WebSocket) -> None:
    """Say again what was said."""
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        return


def main() -> None:
    """Serve until ended."""
    redis_url, port = sys.argv[1:3]
    logs.set_up()
    app = create_app(Settings(), partial(AsteriskProvider, PbxPlan.from_json(sys.stdin.read())), redis_url)
    app.router.routes.insert(0, WebSocketRoute(ECHO, echo))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_config=None, access_log=False)


if __name__ == "__main__":
    main()
