"""The supervisor: starts everything, keeps it up, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import sys

import httpx
import pytest

from agent_bridge import supervisor, watchdog
from agent_bridge.children import Children, started
from config.settings import Settings

pytestmark = pytest.mark.real


async def healthy(address: str) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=address) as client:
        for _ in range(200):
            try:
                answer: dict[str, str] = (await client.get("/api/health")).json()
            except httpx.HTTPError:
                answer = {}
            if answer.get("pbx") == "live":
                return answer
            await asyncio.sleep(0.05)
    return {}


def children_of(settings: Settings) -> dict[str, int]:
    known = json.loads((settings.folder / "run" / "children.json").read_text())
    return {name: pid for name, (pid, _) in known.items()}


async def test_a_killed_backend_comes_back_and_the_pbx_never_noticed(hotline: Settings):
    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)
        before = children_of(hotline)

        os.kill(before["backend"], signal.SIGKILL)
        for _ in range(100):
            await asyncio.sleep(0.1)
            if children_of(hotline)["backend"] != before["backend"]:
                break

        assert await healthy(running.address)
        after = children_of(hotline)
        assert after["asterisk"] == before["asterisk"]
        assert after["redis"] == before["redis"]

    for pid in {*before.values(), *after.values()}:
        assert started(pid) is None, "ended with the supervisor"
    assert not (hotline.folder / "run" / "children.json").exists()


async def test_a_frozen_backend_is_ended_and_a_fresh_one_takes_over(
    hotline: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watchdog, "WATCH_SECONDS", 0.5)
    monkeypatch.setattr(watchdog, "ANSWER_SECONDS", 1.0)
    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)
        frozen = children_of(hotline)["backend"]

        os.kill(frozen, signal.SIGSTOP)
        async with asyncio.timeout(20):
            while started(frozen):  # noqa: ASYNC110 - looks at another process
                await asyncio.sleep(0.1)

        assert await healthy(running.address)


async def test_what_a_killed_supervisor_left_does_not_block_the_next_start(hotline: Settings):
    code = (
        "import asyncio, sys\n"
        "from agent_bridge import supervisor\n"
        "from config.settings import Settings\n"
        "async def main():\n"
        "    async with supervisor.running(Settings()):\n"
        "        print('up', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    environment = os.environ | supervisor.settings_environment(hotline)
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert first.stdout is not None
    assert (await asyncio.wait_for(first.stdout.readline(), 30)).strip() == b"up"
    left = children_of(hotline)
    first.kill()
    await first.wait()
    assert all(started(pid) for pid in left.values()), "the children outlive a killed supervisor"

    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)
        assert not any(started(pid) for pid in left.values())


def test_a_pid_that_belongs_to_somebody_else_by_now_is_left_alone(hotline: Settings):
    file = hotline.folder / "somebody.json"
    file.write_text(f'{{"backend": [{os.getpid()}, 12345]}}')

    assert Children(file).end_leftovers() == 0
