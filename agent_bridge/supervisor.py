"""The supervisor: owns Asterisk, Redis and the backend as siblings, so that one's death is not another's.

A child that dies is started again; Ctrl-C ends them all; what a killed supervisor left behind is ended
by the next start.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from pydantic import SecretStr

from agent_bridge import parts
from agent_bridge.children import Children, stop
from agent_bridge.house import read_office
from agent_bridge.pbx_plan import PLAN_FILE, plan_pbx
from agent_bridge.taking import in_use
from agent_bridge.tls import certificate_of
from agent_bridge.watchdog import watch
from config import certificate_files
from config.certificates import Certificate
from config.clock import now
from config.errors import Conflict, Unavailable
from config.settings import Settings
from ivr.providers.asterisk.plan import LOOPBACK, PbxPlan, PrivatePlan
from ivr.providers.asterisk.private_pbx import PrivatePbx, write_private

RESTART_SECONDS = 1.0
READY_SECONDS = 30.0
SOCKET_PATH_ROOM = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """A hotline that is up."""

    plan: PbxPlan | None
    port: int
    folder: Path
    redis_url: str
    host: str
    certificate: Certificate | None

    @property
    def address(self) -> str:
        """Where the pages are."""
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://{self.host}:{self.port}"


class BackendDidNotStart(Unavailable):
    """The backend ended or did not answer; its log says more."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"Backend tidak dapat dijalankan. Lihat {file}.", f"The backend could not start. See {file}."
        )


class RunsAlready(Conflict):
    """Another `hotline run` has this profile's folder; starting over it would end its calls."""

    def __init__(self, folder: Path, pid: str) -> None:
        super().__init__(
            f"Hotline sudah berjalan di {folder} (pid {pid}). Hentikan dahulu, atau isi HOTLINE_HOME lain.",
            f"A hotline runs in {folder} already (pid {pid}). Stop it first, or set another HOTLINE_HOME.",
        )


class PortTaken(Conflict):
    """Somebody else listens where others expect us."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} dipakai program lain. Hentikan program itu, atau isi HOTLINE_PORT lain.",
            f"Port {port} is used by another program. Stop it, or set another HOTLINE_PORT.",
        )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder; the kernel lets go of it however we end. Raises RunsAlready."""
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise RunsAlready(folder.parent, file.read().strip()) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@asynccontextmanager
async def running(
    settings: Settings, desk_phones: int = 3, road: Callable[[PbxPlan], PbxPlan] = lambda plan: plan
) -> AsyncIterator[Running]:
    """Start everything that can be had, keep it up, and end it on leaving.

    `road` changes the way the backend takes to the PBX: a drill puts a proxy in between.
    """
    folder = settings.folder / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(_alone(folder))
        children = Children(folder / "children.json")
        children.end_leftovers()
        stack.callback(children.forget)
        certificate = certificate_of(settings, now())
        settings = in_use(settings, now())
        plan = plan_pbx(settings, desk_phones)
        if plan:
            write_private(folder / PLAN_FILE, plan.to_json())
            stack.callback((folder / PLAN_FILE).unlink, missing_ok=True)
        redis_url = settings.redis_url or await _start_redis(settings, children, stack)
        if isinstance(plan, PrivatePlan):
            plan = await _start_pbx(settings, plan, children, stack)
        port = _port(settings)
        backend = _Backend(settings, road(plan) if plan else None, redis_url, port, children)
        stack.push_async_callback(backend.stop)
        await backend.start()
        host = certificate.outside_names[0] if certificate and settings.is_beyond_loopback else LOOPBACK
        yield Running(plan, backend.port, settings.folder, redis_url, host, certificate)


def _port(settings: Settings) -> int:
    """Where the pages are served: in practice on another port where theirs is taken. Raises PortTaken."""
    if _is_free(settings.listen, settings.port):
        return settings.port
    if settings.port and (settings.pbx == "twilio" or not settings.is_practice):
        raise PortTaken(settings.port)
    return _free_port()


async def _start_redis(settings: Settings, children: Children, stack: contextlib.AsyncExitStack) -> str:
    """Our own Redis on a unix socket; it keeps nothing on disk, for it holds nothing worth keeping."""
    path = settings.folder / "run" / "redis.sock"
    if len(str(path)) > SOCKET_PATH_ROOM:
        path = Path(tempfile.mkdtemp(prefix="hotline-")) / "redis.sock"
        stack.callback(shutil.rmtree, path.parent, ignore_errors=True)
    url = f"unix://{path}"
    program = parts.find("redis-server", settings)
    if program is None:
        return url
    arguments = ("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--save", "",
                 "--appendonly", "no", "--dir", str(path.parent))  # fmt: skip
    await _keep_up("redis", children, stack, lambda: _spawn(settings, "redis", str(program), *arguments))
    return url


async def _start_pbx(
    settings: Settings, plan: PrivatePlan, children: Children, stack: contextlib.AsyncExitStack
) -> PrivatePlan:
    program = parts.find("asterisk", settings)
    assert program is not None
    pbx = PrivatePbx(program, plan)
    await pbx.start()
    children.add("asterisk", pbx.pid or 0)

    async def keep() -> None:
        while True:
            await pbx.wait()
            log.error("asterisk ended; starting it again")
            await asyncio.sleep(RESTART_SECONDS)
            # A new boot id keeps the Uniqueids of this life apart from those of the last.
            queues = tuple(read_office(settings).office.queues.values())
            pbx.plan = replace(pbx.plan.rebooted(secrets.token_hex(4)), queues=queues)
            with contextlib.suppress(Unavailable):
                await pbx.start()
                children.add("asterisk", pbx.pid or 0)

    stack.push_async_callback(pbx.stop)
    _in_background(stack, keep())
    return plan


class _Backend:
    """The backend's process: FastAPI, FastAGI and the AMI links."""

    def __init__(
        self, settings: Settings, plan: PbxPlan | None, redis_url: str, port: int, children: Children
    ) -> None:
        self._settings = settings
        self._plan = plan
        self._redis_url = redis_url
        self.port = port
        # Settled once: a certificate that comes while we run must not part the pages from the PBX.
        self._pair = certificate_files.pair_in(settings.tls_folder)
        self._children = children
        self._process: asyncio.subprocess.Process | None = None
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start and return once it answers; from then on it is kept up."""
        await self._spawn()
        for _ in range(int(READY_SECONDS / 0.05)):
            if await _answers(self.port):
                break
            if self._process and self._process.returncode is not None:
                raise BackendDidNotStart(self._settings.folder / "run" / "backend.log")
            await asyncio.sleep(0.05)
        else:
            raise BackendDidNotStart(self._settings.folder / "run" / "backend.log")
        self._keepers = [
            asyncio.create_task(self._keep()),
            asyncio.create_task(watch(self.port, self._kill, by_tls=self._pair is not None)),
        ]

    async def stop(self) -> None:
        """End it."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._process:
            await stop(self._process)

    async def _keep(self) -> None:
        while True:
            assert self._process is not None
            await self._process.wait()
            log.error("backend ended; starting it again")
            await asyncio.sleep(RESTART_SECONDS)
            await self._spawn()

    def _kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def _spawn(self) -> None:
        told = (self._redis_url, str(self.port), str(self._pair or ""))
        command = (sys.executable, "-m", "agent_bridge.backend", *told)
        self._process = await _spawn(self._settings, "backend", *command, stdin=asyncio.subprocess.PIPE)
        assert self._process.stdin is not None
        # Secrets go through a pipe: arguments and environments can be read by others.
        self._process.stdin.write((self._plan.to_json() if self._plan else "").encode())
        self._process.stdin.close()
        self._children.add("backend", self._process.pid)


async def _spawn(
    settings: Settings, name: str, *command: str, stdin: int = asyncio.subprocess.DEVNULL
) -> asyncio.subprocess.Process:
    environment = os.environ | settings_environment(settings)
    with (settings.folder / "run" / f"{name}.log").open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *command, stdin=stdin, stdout=out, stderr=out, env=environment, start_new_session=True
        )


def settings_environment(settings: Settings) -> dict[str, str]:
    """The settings as a child process finds them again."""
    # Dumped, a secret is a row of stars.
    values = settings.model_dump(exclude_none=True, mode="json") | {
        name: value.get_secret_value() for name, value in settings if isinstance(value, SecretStr)
    }
    return {f"HOTLINE_{name.upper()}": _written(value) for name, value in values.items() if value != ""}


def _written(value: object) -> str:
    """A value as the environment holds it."""
    return json.dumps(value) if isinstance(value, dict) else str(value)


async def _keep_up(
    name: str,
    children: Children,
    stack: contextlib.AsyncExitStack,
    spawn: Callable[[], Awaitable[asyncio.subprocess.Process]],
) -> None:
    process = await spawn()
    children.add(name, process.pid)
    current = [process]

    async def keep() -> None:
        while True:
            await current[0].wait()
            log.error("child ended; starting it again", child=name)
            await asyncio.sleep(RESTART_SECONDS)
            current[0] = await spawn()
            children.add(name, current[0].pid)

    stack.push_async_callback(lambda: stop(current[0]))
    _in_background(stack, keep())


def _in_background(stack: contextlib.AsyncExitStack, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    stack.callback(task.cancel)


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


def _is_free(listen: str, port: int) -> bool:
    for host in {LOOPBACK, listen}:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return port != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
