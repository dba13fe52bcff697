"""The control link: what we ask of Asterisk, over panoramisk with its events off.

panoramisk 1.4 sees neither a half-open link nor a reply that never comes, and sends again what was in
flight after a reconnect: so every action here has a time limit of its own and may be done twice.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import structlog
from panoramisk import Manager as PanoramiskManager

from config.errors import Conflict, Unavailable
from ivr.providers.asterisk import calling_out
from ivr.providers.asterisk.asking import asking
from ivr.providers.asterisk.calling_out import UnsafeValue
from ivr.providers.asterisk.event_reader import Manager
from ivr.providers.asterisk.handing_on import COLLEAGUES, IDLE
from ivr.switchboard import NoSuchPhone, PhoneEngaged

ACTION_SECONDS = 3.0
LOGIN_SECONDS = 5.0
LINE_BYTES = 1000
"""Asterisk cuts a longer line (manager.c reads 1,024 bytes)."""
DONE_ALREADY = ("already there", "not there", "no such channel")

log = structlog.get_logger(__name__)


class PbxDoesNotAnswer(Unavailable):
    """The PBX did not carry out an action in time, or refused it."""

    def __init__(self, action: str, said: str = "") -> None:
        tail = f" ({said})" if said else ""
        super().__init__(
            f"PBX tidak menjalankan {action}{tail}. Coba lagi sebentar.",
            f"The PBX did not carry out {action}{tail}. Please try again shortly.",
        )


class CallsNobody(Conflict):
    """No trunk is set up for the office's own calls."""

    def __init__(self) -> None:
        super().__init__(
            "Kantor belum dapat menelepon keluar. Tulis 'dial' pada satu trunk di trunks.yaml, jalankan "
            "hotline asterisk config, lalu muat ulang PBX.",
            "The office cannot call out yet. Write 'dial' at one trunk in trunks.yaml, run hotline asterisk "
            "config and reload the PBX.",
        )


class _Link(PanoramiskManager):  # type: ignore[misc]
    """panoramisk without its reconnecting: it goes on after close(), and repeats what was in flight."""

    def connection_made(self, connecting: asyncio.Future[Any]) -> None:
        if not connecting.cancelled() and connecting.exception() is None:
            super().connection_made(connecting)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connected = False


class ControlLink:
    """Carries commands to one Asterisk; an `ivr.switchboard.Switchboard`.

    `colleagues` are the extensions by which a caller goes on to each agent's phone.
    """

    def __init__(
        self,
        manager: Manager,
        pbx: str = "",
        dialler: Manager | None = None,
        colleagues: Mapping[str, str] | None = None,
    ) -> None:
        self._where = manager
        self._pbx = pbx
        self._dialler = dialler
        self._colleagues = colleagues or {}
        self._link: Any = None
        self._connecting = asyncio.Lock()

    async def connect(self) -> None:
        """Log in; raises PbxDoesNotAnswer."""
        async with self._connecting:
            await self._connect()

    async def close(self) -> None:
        """Drop the link."""
        if self._link is not None:
            self._link.close()
            self._link = None

    async def add_agent(self, queue: str, phone: str, agent_id: str, *, paused: bool) -> None:
        """Let the queue ring the phone; the member's name is our agent's id."""
        await self._act(
            Action="QueueAdd",
            Queue=queue,
            Interface=phone,
            StateInterface=phone,
            MemberName=agent_id,
            Paused="true" if paused else "false",
        )

    async def remove_agent(self, queue: str, phone: str) -> None:
        """Take the phone out of the queue."""
        await self._act(Action="QueueRemove", Queue=queue, Interface=phone)

    async def pause_agent(self, queue: str, phone: str, *, paused: bool, reason: str) -> None:
        """Hold the phone back or release it."""
        state = "true" if paused else "false"
        await self._act(Action="QueuePause", Queue=queue, Interface=phone, Paused=state, Reason=reason)

    async def hang_up(self, leg_id: str) -> None:
        """End the channel with that Uniqueid. app_queue then says that the caller ended the talk."""
        await self._act(Action="Hangup", Channel=leg_id, Cause="16")

    async def transfer(self, call_id: str, leg_id: str, phone: str) -> None:
        """Have the caller go on to that phone; raises NoSuchPhone, PhoneEngaged, PbxDoesNotAnswer.

        The state is asked for first: where the phone is busy, or the dialplan has no such phone yet, the talk
        goes on.
        """
        exten = self._colleagues.get(phone)
        if exten is None:
            raise NoSuchPhone
        where = {"Context": COLLEAGUES, "Exten": exten}
        told = await self._act(Action="ExtensionState", **where)
        if told.status != IDLE:
            raise PhoneEngaged
        await self._act(Action="BlindTransfer", Channel=leg_id, **where)

    def new_call_id(self) -> str:
        """An id for the agent's channel, unique across boots."""
        return calling_out.new_call_id(self._pbx)

    async def call_citizen(self, call_id: str, phone: str, agent_id: str, number: str, label: str) -> None:
        """Ring the agent's phone, then the citizen; raises PbxDoesNotAnswer, UnsafeValue, CallsNobody.

        By a connection of its own: panoramisk logs what it could not send, and this holds a number.
        """
        if self._dialler is None:
            raise CallsNobody
        headers = calling_out.originate(call_id, phone, agent_id, number, label)
        try:
            async with asyncio.timeout(ACTION_SECONDS), asking(self._dialler) as asked:
                # OriginateResponse repeats the id of the action; it comes by the event reader.
                reply = await asked.one("Originate", ActionID=call_id, **headers)
        except (TimeoutError, OSError, EOFError):
            raise PbxDoesNotAnswer("Originate") from None
        if reply.get("Response") != "Success":
            raise PbxDoesNotAnswer("Originate", reply.get("Message", ""))

    async def ping(self) -> None:
        """Raises PbxDoesNotAnswer unless the PBX answers."""
        await self._act(Action="Ping")

    async def _act(self, **headers: str) -> Any:
        for header, value in headers.items():
            if not _fits(header, value):
                raise UnsafeValue(header)
        reply = await self._send(headers)
        said = str(reply.message)
        if reply.response == "Success" or said.lower().rstrip(".").endswith(DONE_ALREADY):
            return reply
        raise PbxDoesNotAnswer(headers["Action"], said)

    async def _send(self, headers: dict[str, str]) -> Any:
        """The reply; the time limit holds for waiting for the link as well."""
        try:
            async with asyncio.timeout(ACTION_SECONDS):
                if self._link is None or not self._link._connected:
                    await self.connect()
                # Without as_list=False a reply such as "Added interface to queue" is taken for a list.
                return await self._link.send_action(headers, as_list=False)
        except (TimeoutError, OSError, AttributeError):
            await self.close()
            raise PbxDoesNotAnswer(headers["Action"]) from None

    async def _connect(self) -> None:
        if self._link is not None and self._link._connected:
            return
        await self.close()
        where = self._where
        link = _Link(
            host=where.host,
            port=where.port,
            username=where.user,
            secret=where.secret,
            ssl=where.tls(),
            events="off",
        )
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                await link.connect()
                # connect() returns before the login is answered.
                while not link.authenticated:  # noqa: ASYNC110 - panoramisk has no event for it
                    await asyncio.sleep(0.01)
        except (TimeoutError, OSError):
            raise PbxDoesNotAnswer("Login") from None
        else:
            self._link = link
        finally:
            if self._link is not link:
                with contextlib.suppress(Exception):
                    link.close()


def _fits(header: str, value: str) -> bool:
    """Whether the value stays one line that Asterisk reads whole."""
    try:
        length = len(header) + len(value.encode())
    except UnicodeEncodeError:
        # Half a letter, as JSON may hold one.
        return False
    return length <= LINE_BYTES and not any(character in value for character in "\r\n\0")
