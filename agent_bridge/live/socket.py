"""The desk's socket: a snapshot with its cursor, then every change; a tab too slow is dropped."""

import asyncio
import contextlib
import json
import secrets
from typing import Any

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_bridge.accounts import Session
from agent_bridge.api.doorway import origin_is_ours, session_token, the_house
from agent_bridge.house import House
from agent_bridge.live.desk import Desk
from config.clock import now
from config.errors import NotSignedIn
from ticketing.desk.matrix import Deed, may
from ticketing.facts import PopShown, Provenance, Report

SIGNED_OUT, REFUSED, TOO_SLOW = 4401, 4403, 4408
HELLO_SECONDS = 5.0
MESSAGE_BYTES = 4096
SESSION_CHECK_SECONDS = 5.0

router = APIRouter()


@router.websocket("/api/feed")
async def feed(socket: WebSocket) -> None:
    """One tab's feed, from its hello until it closes, is too slow, or is signed out."""
    house = the_house(socket)
    if not origin_is_ours(socket):
        await socket.close(REFUSED)
        return
    await socket.accept()
    try:
        session = await _greeted(socket, house)
    except (NotSignedIn, TimeoutError, ValueError, KeyError, TypeError):
        await _close(socket, SIGNED_OUT)
        return
    except WebSocketDisconnect:
        return
    if not may(session.role, Deed.ANSWER_CALLS):
        await _close(socket, REFUSED)
        return
    desk = house.desks.open(session.user_id, session.name)
    try:
        await _converse(socket, house, session, desk)
    finally:
        house.desks.close(desk)


async def _greeted(socket: WebSocket, house: House) -> Session:
    """The session behind the hello: the cookie, and the token only our own pages know."""
    async with asyncio.timeout(HELLO_SECONDS):
        hello = await _message(socket)
    session = await house.accounts.session(session_token(socket))
    if hello["type"] != "hello" or not secrets.compare_digest(str(hello["csrf"]), session.csrf):
        raise ValueError("no hello")
    return session


async def _converse(socket: WebSocket, house: House, session: Session, desk: Desk) -> None:
    tasks = [
        asyncio.create_task(_send(socket, desk)),
        asyncio.create_task(_listen(socket, house, session)),
        asyncio.create_task(desk.too_slow.wait()),
        asyncio.create_task(_until_signed_out(house, session)),
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if tasks[2] in done:
        await _close(socket, TOO_SLOW)
    elif tasks[3] in done:
        await _close(socket, SIGNED_OUT)


async def _send(socket: WebSocket, desk: Desk) -> None:
    while True:
        message = await desk.messages.get()
        await socket.send_text(message.model_dump_json(exclude_unset=True))


async def _listen(socket: WebSocket, house: House, session: Session) -> None:
    """The page tells when it painted a pop: the moment the pop's latency is measured to."""
    while True:
        message = await _message(socket)
        if message.get("type") != "shown":
            continue
        call_id = str(message.get("call_id", ""))
        call = await asyncio.to_thread(house.reader.call, call_id)
        if call is None or call.engaged_agent_id != session.user_id:
            continue
        fact = PopShown(
            key=f"{call_id}/pop/{session.user_id}",
            occurred_at=now(),
            provenance=Provenance.OBSERVED,
            call_id=call_id,
            agent_id=session.user_id,
        )
        await house.journal.record(Report(fact))


async def _until_signed_out(house: House, session: Session) -> None:
    with contextlib.suppress(NotSignedIn):
        while True:
            await asyncio.sleep(SESSION_CHECK_SECONDS)
            await house.accounts.session(session.token)


async def _message(socket: WebSocket) -> dict[str, Any]:
    text = await socket.receive_text()
    if len(text) > MESSAGE_BYTES:
        raise ValueError("too long a message")
    message: dict[str, Any] = json.loads(text)
    return message


async def _close(socket: WebSocket, code: int) -> None:
    with contextlib.suppress(RuntimeError):
        await socket.close(code)
