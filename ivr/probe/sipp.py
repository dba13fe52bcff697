"""Citizens and desk phones made of SIPp: real SIP calls with keys, each in a process of its own.

The scenarios are those of `ivr.probe.scenarios`.
"""

import asyncio
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.probe.scenarios import (
    BUSY_PHONE,
    LOOPBACK,
    REGISTER,
    Act,
    AwaitHangUp,
    HangUp,
    Press,
    Wait,
    citizen_scenario,
    desk_phone_scenario,
)

__all__ = ["LOOPBACK", "Act", "AwaitHangUp", "Counts", "HangUp", "Press", "Sipp", "SippProcess", "Wait"]


@dataclass(frozen=True, slots=True)
class Counts:
    """SIPp's own count of one process's calls."""

    created: int
    successful: int
    failed: int


class SippProcess:
    """One running SIPp; ends by itself after its calls or its time."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._folder = folder

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for its end; 0 when every call went as written."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it now."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def counts(self) -> Counts:
        """What SIPp counted; read after its end."""
        with (self._folder / "statistics.csv").open(newline="") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        return Counts(
            created=int(last["TotalCallCreated"]),
            successful=int(last["SuccessfulCall(C)"]),
            failed=int(last["FailedCall(C)"]),
        )


@dataclass(frozen=True, slots=True)
class Sipp:
    """Starts SIPp against one PBX; `folder` keeps scenarios and counts."""

    program: Path
    sip_port: int
    folder: Path

    async def call(
        self,
        name: str,
        number: str,
        caller: str,
        acts: Sequence[Act],
        *,
        ear_port: int,
        seconds: float,
        secret: str = "",
    ) -> SippProcess:
        """A citizen dials `number` and does `acts` once answered.

        With a `secret` the call comes from the account `caller` and proves it.
        """
        scenario = citizen_scenario(acts, ear_port, challenged=bool(secret))
        proof = ["-au", caller, "-ap", secret] if secret else []
        return await self._start(name, scenario, ["-s", number, *proof], user=caller, seconds=seconds)

    async def register(self, name: str, account: str, secret: str, port: int) -> None:
        """Register a desk phone at `port`; raises RuntimeError when the PBX refuses."""
        process = await self._start(
            f"{name}-register", REGISTER, ["-s", account, "-au", account, "-ap", secret],
            user=account, port=port, seconds=10,
        )  # fmt: skip
        if await process.wait() != 0:
            raise RuntimeError(f"the desk phone {account} could not register")

    async def desk_phone(
        self,
        name: str,
        port: int,
        *,
        ring_seconds: float | None,
        calls: int,
        seconds: float,
        speech: Path | None = None,
        talk_seconds: float | None = None,
        hold_after_seconds: float | None = None,
        busy: bool = False,
    ) -> SippProcess:
        """A desk phone that answers after `ring_seconds`, or (None) lets it ring until it is given up.

        `speech` is raw mu-law, spoken over and over once answered. The phone hangs up after
        `talk_seconds`, or (None) is hung up on; it puts the caller on hold `hold_after_seconds` after
        answering, or (None) never. A busy one takes no call.
        """
        scenario = (
            BUSY_PHONE
            if busy
            else desk_phone_scenario(ring_seconds, speech, talk_seconds, hold_after_seconds)
        )
        return await self._start(
            name, scenario, [], user=name, port=port, calls=calls, seconds=seconds, dials=False
        )

    async def _start(
        self,
        name: str,
        scenario: str,
        more: list[str],
        *,
        user: str,
        seconds: float,
        port: int | None = None,
        calls: int = 1,
        dials: bool = True,
    ) -> SippProcess:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "scenario.xml").write_text(scenario)
        (folder / "users.csv").write_text(f"SEQUENTIAL\n{user};\n")
        target = [f"{LOOPBACK}:{self.sip_port}"] if dials else []
        own_port = ["-p", str(port)] if port else []
        with (folder / "output").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                str(self.program), *target, "-sf", "scenario.xml", "-inf", "users.csv", "-i", LOOPBACK,
                *own_port, "-m", str(calls), "-nostdin", "-timeout", f"{seconds:.0f}s", "-timeout_error",
                "-trace_stat", "-stf", "statistics.csv", "-fd", "1", *more,
                stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder,
            )  # fmt: skip
        return SippProcess(process, folder)
