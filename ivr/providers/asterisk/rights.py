"""What the reading user may do at the PBX, tried for real: a configuration file may say something else."""

import asyncio

from config.errors import Refused
from ivr.providers.asterisk.event_reader import Manager

TRY_SECONDS = 5.0
DENIED = b"Permission denied"
TRIED = {
    "Command": "Command: core show version\r\n",
    # Neither the extension nor the context exists: where it is allowed, no phone rings.
    "Originate": "Channel: Local/tidak-ada@hotline-tidak-ada\r\nApplication: Hangup\r\nAsync: true\r\n",
}


class TooWideRights(Refused):
    """Whoever learns the reader's secret could run commands on the PBX or call at the office's cost."""

    def __init__(self, user: str, allowed: list[str]) -> None:
        actions = ", ".join(allowed)
        super().__init__(
            f"Hotline tidak dijalankan: pengguna AMI {user} boleh {actions}. Di manager.conf beri ia "
            "write = reporting saja, lalu muat ulang; atau HOTLINE_ALLOW_WIDE_AMI_RIGHTS=yes bila disengaja.",
            f"The hotline does not start: the AMI user {user} may {actions}. In manager.conf give it only "
            "write = reporting and reload; or set HOTLINE_ALLOW_WIDE_AMI_RIGHTS=yes if it is meant.",
        )


async def refuse_wide_rights(manager: Manager) -> None:
    """Raises TooWideRights; OSError or EOFError where the PBX cannot be asked."""
    async with asyncio.timeout(TRY_SECONDS):
        reader, writer = await manager.connect()
        try:
            login = f"Username: {manager.user}\r\nSecret: {manager.secret}\r\nEvents: off\r\n"
            if b"Response: Success" not in await _answer(reader, writer, "Login", login):
                raise ConnectionRefusedError("login refused")
            allowed = [
                action
                for action, headers in TRIED.items()
                if DENIED not in await _answer(reader, writer, action, headers)
            ]
        finally:
            writer.close()
    if allowed:
        raise TooWideRights(manager.user, allowed)


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, action: str, headers: str
) -> bytes:
    writer.write(f"Action: {action}\r\nActionID: {action}\r\n{headers}\r\n".encode())
    while True:
        message = await reader.readuntil(b"\r\n\r\n")
        if f"ActionID: {action}\r\n".encode() in message:
            return message
