"""`hotline rehearse --story`: real calls on the private Asterisk, and the people's acts through the API."""

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from agent_bridge import practice
from agent_bridge.commands.ticket import lines_of
from agent_bridge.house import Ledger, read_office
from agent_bridge.rehearsal.agent import Manners, RehearsalAgent
from agent_bridge.rehearsal.case_stories import STORIES, NoSuchStory, Plot
from agent_bridge.rehearsal.person import Blow, Person, no_blow
from config.clock import now
from config.errors import Language
from config.settings import Settings
from ticketing.ledger import upkeep
from ticketing.people.roles import Role
from ticketing.reports.story import CaseStory
from ticketing.reports.telling import tell
from ticketing.tickets.number import from_digits

Tell = Callable[[str, str], None]
WORKING_DAY_SECONDS = 15
"""A working day of the follow-up in a rehearsal; the calls and the acts are as long as they are."""
DISPATCHER, OFFICIAL = ("dispatcher", "Dispatcher"), ("pejabat.dafduk.1", "Pejabat Dafduk 1")
_WORKING_DAYS = re.compile(r"(\d+) hari kerja")


@dataclass(slots=True)
class Cast:
    """Who plays which stories; a story is taken by whichever agent the next call reaches."""

    address: str
    names: Sequence[str]
    say: Tell
    blow: Blow = no_blow
    plots: list[Plot] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    dispatcher: Person = field(init=False)
    official: Person = field(init=False)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: int = 0

    def __post_init__(self) -> None:
        self.dispatcher, self.official = (Person(self.address, self.blow) for _ in range(2))

    async def sign_in(self, settings: Settings, stack: AsyncExitStack) -> None:
        """Dispatcher and official sit down at their pages."""
        for person, who, role in (
            (self.dispatcher, DISPATCHER, Role.DISPATCHER),
            (self.official, OFFICIAL, Role.OFFICIAL),
        ):
            await person.sign_in((await practice.sign_in_links(settings, [who], role))[who[1]])
            stack.push_async_callback(person.sign_out)

    def agent(self, manners: Manners) -> RehearsalAgent:
        """An agent who plays the next story with whoever calls."""
        return RehearsalAgent(self.address, manners, self._play, self.blow)

    async def over(self) -> None:
        """Wait until every story has come to its end; raises what went wrong in one."""
        await self._over.wait()
        for fault in self.faults:
            raise fault

    async def _play(self, agent: RehearsalAgent, pop: dict[str, Any]) -> None:
        name = self.names[len(self.plots)]
        number = pop["ticket"]["number"]

        def say(id: str, en: str) -> None:
            self.say(f"{name}: {id}", f"{name}: {en}")

        plot = Plot(name, agent, self.dispatcher, self.official, pop["call_id"], number, say, [number])
        self.plots.append(plot)
        try:
            await STORIES[name](plot)
        except Exception as fault:
            self.faults.append(fault)
        self._ended += 1
        if self._ended == len(self.names) or self.faults:
            self._over.set()


def require_known(names: Sequence[str]) -> None:
    """Raises NoSuchStory for a name that is none."""
    for name in names:
        if name not in STORIES:
            raise NoSuchStory(name)


def with_short_days(settings: Settings) -> Settings:
    """The office's own files, with a follow-up whose working days last seconds."""
    folder = settings.folder / "kantor"
    shutil.copytree(settings.office, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "follow_up.yaml"
    short = _WORKING_DAYS.sub(lambda found: f"{int(found[1]) * WORKING_DAY_SECONDS} detik", file.read_text())
    file.write_text(short)
    return settings.model_copy(update={"office": folder})


def stories_told(settings: Settings, ledger: Ledger, plots: Sequence[Plot]) -> list[tuple[str, CaseStory]]:
    """Each ticket of each story, as the ledger tells it."""
    office, names = read_office(settings).office, ledger.reader.names()
    told = []
    for plot in plots:
        for number in plot.numbers:
            found = ledger.reader.case(from_digits(number.replace("-", "")).digits, office)
            assert found is not None
            sop = ledger.reader.sop(found.ticket["sop_version"]) or office.sop
            told.append((plot.name, tell(found, sop, office, now(), names=names)))
    return told


def verdict(settings: Settings, ledger: Ledger, cast: Cast, say: Tell) -> dict[str, Any]:
    """The stories' cases, told step by step, and whether the ledger follows from its journal."""
    told = stories_told(settings, ledger, cast.plots)
    for _, story in told:
        lines = (lines_of(story, language) for language in (Language.INDONESIAN, Language.ENGLISH))
        for id, en in zip_longest(*lines, fillvalue=""):
            say(id, en)
    differences = upkeep.differences(ledger.engine, read_office(settings).office)
    return {
        "working_day_seconds": WORKING_DAY_SECONDS,
        "cases": [_figures(name, story) for name, story in told],
        "unexplained_steps": sum(len(story.unexplained) for _, story in told),
        "ledger_differences": len(differences),
    }


def _figures(name: str, story: CaseStory) -> dict[str, Any]:
    """The case's steps and clocks, and how often each thing happened to it."""
    plain = story.to_json()
    happened = Counter(event.kind for event in story.events)
    return {"story": name} | plain | {"events": dict(sorted(happened.items()))}
