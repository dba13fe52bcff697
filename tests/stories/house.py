"""As much of the hotline as a story needs, on a ledger of its own; the telephone system is whoever's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_bridge.call_back_desk import CallBackDesk
from config.clock import Clock
from ivr.call_desk import CallDesk
from ivr.queues.calling import Calling
from ivr.queues.roster import Roster
from ivr.registration import Registrar
from ivr.switchboard import Switchboard
from tests.builders import OFFICE, Desk, a_desk
from ticketing.desk.act import CaseDesk
from ticketing.desk.once import Asked
from ticketing.desk.sight import Actor
from ticketing.facts import ClosingStarted, Provenance, Report
from ticketing.ledger.database import open_database
from ticketing.people.roles import Role

LEDGER_FILE = "ledger.sqlite3"
QUEUE = OFFICE.default_queue.name


@cache
def _empty_ledger() -> bytes:
    """A ledger in which nothing stands; to make one takes longer than to live through a story."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / LEDGER_FILE
        open_database(f"sqlite:///{file}").dispose()
        return file.read_bytes()


@asynccontextmanager
async def a_ledger(folder: Path) -> AsyncIterator[Desk]:
    """A ledger of a story's own."""
    folder.mkdir(exist_ok=True)
    (folder / LEDGER_FILE).write_bytes(_empty_ledger())
    async with a_desk(folder) as desk:
        yield desk


class StoryClock:
    """A clock that stands where it was put, and never goes back."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The instant of the story."""
        return self.at

    def go_on(self, at: datetime) -> None:
        """On to that instant."""
        self.at = max(self.at, at)


class House:
    """What callers and agents of a story have to do with; `telephones` makes what carries out commands."""

    def __init__(self, desk: Desk, telephones: Callable[["House"], Switchboard], clock: Clock) -> None:
        self.desk = desk
        self.clock = clock
        journal, reader = desk.journal, desk.reader
        self.call_desk = CallDesk(journal)
        self.registrar = Registrar(self.call_desk, journal, reader, lambda: OFFICE, clock)
        self._switchboard = switchboard = telephones(self)
        self.roster = Roster(QUEUE, switchboard, journal, reader, clock)
        calling = Calling(self.roster, switchboard, journal, clock)
        case_desk = CaseDesk(journal, desk.vault, lambda: OFFICE, clock)
        self._call_backs = CallBackDesk(
            case_desk, desk.vault, reader, journal, calling, lambda: OFFICE, clock
        )
        self._deeds: dict[str, Callable[[str], Awaitable[object]]] = {
            "becomes ready": self.roster.become_ready,
            "begins to close": self._begin_to_close,
            "ends the recap": self.roster.end_wrap_up,
            "calls back": self._call_back,
        }

    async def do(self, deed: str) -> None:
        """What an agent does at the desk, in words such as `first becomes ready`."""
        agent_id, _, what = deed.partition(" ")
        if what.startswith("sits down at "):
            await self.roster.sit_down(agent_id, what.removeprefix("sits down at "))
        elif what.startswith("hands on to "):
            await self._hand_on(agent_id, what.removeprefix("hands on to "))
        else:
            await self._deeds[what](agent_id)

    def phase_of(self, agent_id: str) -> str | None:
        """How far the agent's call has come; None without one."""
        call = self.desk.reader.call_of_agent(agent_id)
        return call.phase if call else None

    async def _begin_to_close(self, agent_id: str) -> None:
        """As the desk's page has it recorded."""
        call = self.desk.reader.call_of_agent(agent_id)
        assert call
        key, at, declared = f"{call.call_id}/closing", self.clock(), Provenance.DECLARED
        await self.desk.journal.record(
            Report(
                ClosingStarted(
                    key=key, occurred_at=at, provenance=declared, call_id=call.call_id, agent_id=agent_id
                )
            )
        )

    async def _hand_on(self, agent_id: str, phone: str) -> None:
        call = self.desk.reader.call_of_agent(agent_id)
        assert call
        await self._switchboard.transfer(call.call_id, call.leg_id, phone)

    async def _call_back(self, agent_id: str) -> None:
        actor = Actor(agent_id, agent_id, Role.AGENT, QUEUE)
        await self._call_backs.call_next(actor, Asked(f"{agent_id}/{self.clock().isoformat()}", ""))
