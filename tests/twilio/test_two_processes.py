"""Two processes on one ledger are asked the same thing at the same instant, as Twilio's retries may do."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from httpx import AsyncClient, TransportError

from tests.builders import a_desk
from tests.ivr.providers.asterisk.lab import free_port
from tests.ivr.providers.twilio.test_webhooks import Line, a_node
from ticketing.people.privacy import Vault

CALLS = 20
WORDS = ("", "1", "", "", "")
"""What is pressed, turn by turn: the registering one is the second."""


@asynccontextmanager
async def a_process(folder: Path, keys: str) -> AsyncIterator[AsyncClient]:
    port = free_port(socket.SOCK_STREAM)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.twilio.node", str(folder), str(port), keys
    )
    try:
        async with (
            AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
            asyncio.timeout(30),
        ):
            while not await _answers(client):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def _answers(client: AsyncClient) -> bool:
    try:
        return (await client.get("/")).status_code == 404
    except TransportError:
        return False


async def test_two_processes_give_equal_bytes_one_ticket_and_one_number(tmp_path: Path):
    keys = os.urandom(32), os.urandom(32)
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(a_desk(tmp_path, vault=Vault(*keys)))
        told = ",".join(key.hex() for key in keys)
        clients = [await stack.enter_async_context(a_process(tmp_path, told)) for _ in range(2)]
        lines = [Line(desk, a_node(desk, tmp_path), client) for client in clients]

        for number in range(CALLS):
            call = f"CA{number:032x}"
            for turn, pressed in enumerate(WORDS):
                path = f"/twilio/voice/{turn}" if turn else "/twilio/voice"
                asked = [
                    line.asks(path, CallSid=call, From=f"+62812000000{number:02d}", Digits=pressed)
                    for line in (*lines, *lines)
                ]
                replies = await asyncio.gather(*asked)
                assert len({reply.content for reply in replies}) == 1, (call, turn)

        calls = [f"CA{number:032x}" for number in range(CALLS)]
        rows = desk.reader.calls(calls)
        tickets = {row.ticket_id for row in rows.values()}
        spoken = {row.times_spoken for row in rows.values()}
        registered = [
            sum(fact.kind == "ticket_registered" for fact in facts)
            for facts in desk.reader.facts_of(calls).values()
        ]
    assert (len(rows), spoken, registered) == (CALLS, {2}, [1] * CALLS)
    assert len(tickets - {None}) == CALLS
