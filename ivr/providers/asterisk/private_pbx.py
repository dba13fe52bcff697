"""The private PBX: a real Asterisk in a folder of its own, started and stopped by us."""

import asyncio
import os
import shutil
from pathlib import Path

from config.errors import Unavailable
from ivr.providers.asterisk.configuration import READER, files
from ivr.providers.asterisk.plan import LOOPBACK, PrivatePlan

BOOT_SECONDS = 20.0
STOP_SECONDS = 5.0
FOLDERS = ("etc", "log/cel-custom", "lib/keys", "spool", "cache")


class PbxDidNotStart(Unavailable):
    """Asterisk ended or did not answer; the tail of its log says more."""

    def __init__(self, log: Path) -> None:
        super().__init__(
            f"Asterisk tidak dapat dijalankan. Lihat {log}.", f"Asterisk could not be started. See {log}."
        )


class PrivatePbx:
    """One Asterisk process. `program` is the launcher; the plan says everything else."""

    def __init__(self, program: Path, plan: PrivatePlan) -> None:
        self.plan = plan
        self._program = program
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The running process."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Write the files, boot, and return once the PBX is fully booted (about half a second)."""
        await asyncio.to_thread(self._lay_out)
        log = self.plan.work / "log" / "console"
        booted = False
        with log.open("wb") as out:
            self._process = await asyncio.create_subprocess_exec(
                str(self._program), "-f", "-C", str(self.plan.work / "etc" / "asterisk.conf"),
                stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        try:
            async with asyncio.timeout(BOOT_SECONDS):
                while not await self._booted():
                    if self._process.returncode is not None:
                        raise PbxDidNotStart(log)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise PbxDidNotStart(log) from None
        else:
            booted = True
        finally:
            if not booted:
                await self.stop()

    async def wait(self) -> int:
        """Wait until the process ends by itself."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """End the process, politely first."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _lay_out(self) -> None:
        """A fresh run folder and the plan's files, readable by their owner alone."""
        work = self.plan.work
        shutil.rmtree(self.plan.run, ignore_errors=True)
        for folder in (work, *(work / name for name in FOLDERS), self.plan.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, target in (
            ("documentation", self.plan.data / "documentation"),
            ("sounds", self.plan.sounds),
        ):
            link = work / "lib" / name
            link.unlink(missing_ok=True)
            link.symlink_to(target)
        for name, text in files(self.plan).items():
            write_private(work / "etc" / name, text)

    async def _booted(self) -> bool:
        """Whether the manager reports the end of the boot."""
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.plan.ports.ami)
        except OSError:
            return False
        try:
            login = f"Action: Login\r\nUsername: {READER}\r\nSecret: {self.plan.reader_secret}\r\n\r\n"
            writer.write(login.encode())
            async with asyncio.timeout(2.0):
                await reader.readuntil(b"FullyBooted")
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            return False
        finally:
            writer.close()
        return True


def write_private(file: Path, text: str) -> None:
    """Replace the file whole; it may hold secrets."""
    draft = file.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    draft.replace(file)
