"""`hotline bench steps`: what it costs to log the SOP's steps, for calls and for cases.

The ticket path of `hotline bench ticket` with everything its call goes through in one transaction: ten facts,
from arrival to the end of the wrap-up, that begin and end eight steps. Ours writes those; the peer is the
same ledger under an SOP without steps. A call that nobody took is held against one that was: what it is owed
is written too. An act on a case folds the case anew and writes its row and its steps; its floor is one commit
of one row into a journal.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select

from agent_bridge.bench.measure import Goal, Result, percentile, weigh
from config.clock import now
from config.office import Office, load
from config.sop import FactPattern, Sop
from ticketing import case_facts, facts, tables
from ticketing.case_facts import CaseFact, Channel, Track
from ticketing.desk.act import CaseDesk
from ticketing.desk.entries import outline
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Asked
from ticketing.desk.sight import Actor
from ticketing.facts import CallFact, EndedBy, Report, WrapUpEndedBy
from ticketing.ledger.codec import KINDS
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal
from ticketing.ledger.recorder import Recorder, Registration
from ticketing.people.privacy import Vault
from ticketing.people.roles import Role

ROUNDS = 7
ALONE, CALLERS, TOGETHER = 300, 1024, 64
CASES, ACTS = 100, 150
AT_A_TIME = 4 * TOGETHER
"""So many calls of ours, then so many of the peer's: whatever the disk does meanwhile strikes both."""
STEPS_OF_A_CALL = 8
SLOWEST = Goal("peer", 1.10)
UNSERVED = Goal("peer", 1.10)
AN_ACT = Goal("floor", 5.0)
BEGAN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
QUEUE = "dukcapil"

Tell = Callable[[int, int], None]
Work = Callable[[], Awaitable[object]]


class StepsLost(AssertionError):
    """The ledger does not hold the steps that were logged, or an act is lost."""


@dataclass(frozen=True, slots=True)
class _Ledger:
    """A fresh ledger of one office."""

    file: Path
    journal: Journal
    desk: CaseDesk

    def count(self, table: str) -> int:
        """The rows that another connection finds."""
        engine = open_database(f"sqlite:///{self.file}")
        with engine.connect() as connection:
            found = connection.scalar(select(func.count()).select_from(tables.metadata.tables[table]))
        engine.dispose()
        return found or 0


@dataclass(slots=True)
class _Took:
    """What pieces of work took, one by one and together."""

    each_ms: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @property
    def cpu_us(self) -> float:
        """CPU time for each, the writer's thread included."""
        return self.cpu_seconds / len(self.each_ms) * 1e6


@asynccontextmanager
async def _ledger(folder: Path, name: str, office: Office) -> AsyncIterator[_Ledger]:
    file = folder / f"{name}.sqlite3"
    engine = open_database(f"sqlite:///{file}")
    vault = Vault(os.urandom(32), os.urandom(32))
    journal = Journal(engine, Recorder(vault, lambda: office, now))
    journal.start()
    try:
        yield _Ledger(file, journal, CaseDesk(journal, vault, lambda: office, _later))
    finally:
        journal.close()
        engine.dispose()


async def run(
    tell: Tell, rounds: int = ROUNDS, alone: int = ALONE, callers: int = CALLERS, acts: int = ACTS
) -> list[Result]:
    """Calls with and without their steps, alone and 64 at once; unserved calls; acts on cases."""
    office = load(facts=KINDS)
    logged = replace(office, sop=_of_eight_steps(office.sop))
    bare = replace(office, sop=replace(office.sop, steps=()))
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        folder = Path(name)
        async with AsyncExitStack() as stack:
            ledgers = {
                who: await stack.enter_async_context(_ledger(folder, who, one))
                for who, one in (("ours", logged), ("peer", bare), ("cases", office), ("unserved", office))
            }
            return [
                *await _calls(ledgers, rounds, alone, callers, partial(_part, tell, 0)),
                await _unserved(ledgers["unserved"], rounds, callers, partial(_part, tell, 1)),
                *await _acts(ledgers["cases"], folder, rounds, acts, partial(_part, tell, 2)),
            ]


def _part(tell: Tell, part: int, done: int, of: int) -> None:
    tell(part * of + done, 3 * of)


async def _calls(
    ledgers: dict[str, _Ledger], rounds: int, alone: int, callers: int, tell: Tell
) -> list[Result]:
    """The slowest call of a hundred, with its steps and without."""
    taken: dict[int, dict[str, list[_Took]]] = {1: {}, TOGETHER: {}}
    for n in range(rounds):
        for at_once, many in ((1, alone), (TOGETHER, callers)):
            names = sorted(("ours", "peer"), reverse=bool(n % 2))
            works: dict[str, list[Work]] = {
                who: [partial(_a_call, ledgers[who].journal, f"{at_once}-{n}-{m}") for m in range(many)]
                for who in names
            }
            for who, took in (await _in_turn(works, at_once)).items():
                taken[at_once].setdefault(who, []).append(took)
        tell(n + 1, rounds)
    written = rounds * (alone + callers)
    if (ledgers["ours"].count("sop_steps"), ledgers["peer"].count("sop_steps")) != (
        STEPS_OF_A_CALL * written,
        0,
    ):
        raise StepsLost
    return [
        _slowest("steps", "ms p99, one caller", taken[1]),
        _slowest("steps-64", f"ms p99, {TOGETHER} callers", taken[TOGETHER]),
        weigh("steps-64-cpu", "us CPU a call", SLOWEST, _cpu(taken[TOGETHER]), {"steps": STEPS_OF_A_CALL}),
    ]


async def _unserved(ledger: _Ledger, rounds: int, callers: int, tell: Tell) -> Result:
    """A call that ended in the queue, its number unheard, beside one with as many facts that was answered."""
    many = max(TOGETHER, callers // 4)
    taken: dict[str, list[_Took]] = {}
    for n in range(rounds):
        works: dict[str, list[Work]] = {
            who: [partial(_a_call, ledger.journal, f"{who}-{n}-{m}", told) for m in range(many)]
            for who, told in (("ours", _abandoned), ("peer", _answered))
        }
        for who, took in (await _in_turn(works, TOGETHER)).items():
            taken.setdefault(who, []).append(took)
        tell(n + 1, rounds)
    owed = ledger.count("outbox")
    # Answered or not, each caller is owed the number as a text.
    if owed != 2 * rounds * many:
        raise StepsLost
    return weigh("steps-unserved", "us CPU a call, 64 callers", UNSERVED, _cpu(taken), {"owed": owed})


async def _acts(ledger: _Ledger, folder: Path, rounds: int, acts: int, tell: Tell) -> list[Result]:
    """An outline written in a case with steps of its own, beside one row committed to a journal."""
    cases = [await _a_case(ledger, n) for n in range(CASES)]
    taken: dict[str, list[_Took]] = {}
    floor = _floor(folder)
    for n in range(rounds):
        works: dict[str, list[Work]] = {
            "ours": [partial(_an_act, ledger, *cases[m % CASES], f"act-{n}-{m}") for m in range(acts)],
            "floor": [partial(asyncio.to_thread, floor, f"{n}-{m}") for m in range(acts)],
        }
        for who, took in (await _in_turn(works, 1)).items():
            taken.setdefault(who, []).append(took)
        tell(n + 1, rounds)
    if ledger.count("requests") != rounds * acts:
        raise StepsLost
    told = {"acts": rounds * acts, "step_rows": ledger.count("case_steps") // CASES} | _medians(taken)
    slowest = {who: [percentile(one.each_ms, 99) for one in all_] for who, all_ in taken.items()}
    return [
        weigh("steps-act", "ms p99, one act on a case", AN_ACT, slowest, told),
        weigh("steps-act-cpu", "us CPU an act", AN_ACT, _cpu(taken), told),
    ]


def _slowest(path: str, unit: str, taken: dict[str, list[_Took]]) -> Result:
    slowest = {who: [percentile(one.each_ms, 99) for one in all_] for who, all_ in taken.items()}
    return weigh(path, unit, SLOWEST, slowest, _medians(taken))


def _medians(taken: dict[str, list[_Took]]) -> dict[str, Any]:
    """The p50 of each over all rounds."""
    return {
        f"{who}_p50_ms": percentile([ms for one in all_ for ms in one.each_ms], 50)
        for who, all_ in taken.items()
    }


def _cpu(taken: dict[str, list[_Took]]) -> dict[str, list[float]]:
    return {who: [one.cpu_us for one in all_] for who, all_ in taken.items()}


async def _in_turn(works: dict[str, list[Work]], at_once: int) -> dict[str, _Took]:
    """Do all of them, now some of one and now some of the other."""
    taken = {who: _Took() for who in works}
    size = 1 if at_once == 1 else AT_A_TIME
    for begin in range(0, max(len(work) for work in works.values()), size):
        order = list(works) if begin // size % 2 == 0 else list(reversed(works))
        for who in order:
            await _together(works[who][begin : begin + size], at_once, taken[who])
    return taken


async def _together(works: Sequence[Work], at_once: int, taken: _Took) -> None:
    waiting = iter(works)

    async def line() -> None:
        for work in waiting:
            began = time.perf_counter()
            await work()
            taken.each_ms.append((time.perf_counter() - began) * 1000)

    began = time.process_time()
    await asyncio.gather(*(line() for _ in range(at_once)))
    taken.cpu_seconds += time.process_time() - began


Telling = Callable[[str], list[CallFact]]


async def _a_call(journal: Journal, call_id: str, told: Telling | None = None) -> object:
    # No network assigns 0812 0000 xxxx.
    number = f"+62812{hash(call_id) % 10**8:08d}"
    reports = [
        Report(fact, number if isinstance(fact, facts.CallArrived) else None)
        for fact in (told or _served)(call_id)
    ]
    return await journal.register(Registration(call_id, BEGAN), *reports)


def _served(call_id: str, agent_id: str = "dewi") -> list[CallFact]:
    """From arrival to the end of the wrap-up."""
    more = {"agent_id": agent_id, "leg_id": f"{call_id}/1"}
    return [
        *_answered(call_id, agent_id)[:-1],
        _fact(facts.NumberSpoken, call_id, 12, ticket_id="", times=2),
        _fact(facts.ClosingStarted, call_id, 100, agent_id=agent_id),
        _fact(facts.TalkEnded, call_id, 104, ended_by=EndedBy.CALLER, **more),
        _fact(facts.CallEnded, call_id, 104, cause=16),
        _fact(facts.WrapUpEnded, call_id, 200, agent_id=agent_id, ended_by=WrapUpEndedBy.AGENT),
    ]


def _answered(call_id: str, agent_id: str = "dewi") -> list[CallFact]:
    """From arrival to the caller's hang-up in the talk."""
    more = {"queue": QUEUE, "agent_id": agent_id, "leg_id": f"{call_id}/1"}
    return [
        _fact(facts.CallArrived, call_id, 0, line="bench", dialed_number="1500"),
        _fact(facts.CallQueued, call_id, 20, queue=QUEUE, position=1),
        _fact(facts.AgentRang, call_id, 22, **more),
        _fact(facts.AgentAnswered, call_id, 26, **more),
        _fact(facts.CallEnded, call_id, 60, cause=16),
    ]


def _abandoned(call_id: str) -> list[CallFact]:
    """The same until the ring; then the caller hangs up."""
    return [
        *_answered(call_id)[:3],
        _fact(facts.CallAbandoned, call_id, 60, queue=QUEUE, position=1),
        _fact(facts.CallEnded, call_id, 60, cause=16),
    ]


def _fact(kind: type[CallFact], call_id: str, seconds: float, **more: Any) -> CallFact:
    key = f"{call_id}/{kind.kind}"
    return kind(key=key, occurred_at=BEGAN + timedelta(seconds=seconds), call_id=call_id, **more)


def _of_eight_steps(sop: Sop) -> Sop:
    """The office's SOP with its end where the call's recap ends, so that a call goes through eight steps."""
    end = (FactPattern(facts.WrapUpEnded.kind),)
    *others, last = sop.steps
    return replace(sop, steps=(*others, replace(last, starts_on=end, ends_on=end)))


async def _a_case(ledger: _Ledger, n: int) -> tuple[str, Actor]:
    """A case that went by the dispatcher to an official and came back with an answer, and its agent."""
    actor = Actor(f"agent{n}", f"agent{n}", Role.AGENT, QUEUE)
    call_id = f"case-{n}"
    ticket_id = (await ledger.journal.register(Registration(call_id, BEGAN))).ticket_id
    told = [Report(fact) for fact in _served(call_id, actor.user_id)]
    story: list[tuple[type[CaseFact], str, dict[str, Any]]] = [
        (case_facts.EntryBegun, "agent", {}),
        (
            case_facts.ComplaintRecorded,
            "agent",
            {"ticket_type": "complaint", "category": "11", "text_id": "t"},
        ),
        (case_facts.OutlineWritten, "agent", {"text_id": "t"}),
        (case_facts.DispatchOpened, "agent", {}),
        (case_facts.SentToDispatcher, "agent", {"track": Track.DEFERRED}),
        (case_facts.ForwardedToOfficial, "dispatcher", {"unit": "dafduk", "official_id": "pejabat.dafduk.1"}),
        (case_facts.SolutionWritten, "official", {"text_id": "t"}),
        (case_facts.SolutionDelivered, "agent", {"channel": Channel.CALL_BACK}),
    ]
    for seconds, (kind, role, more) in enumerate(story, start=30):
        who: dict[str, Any] = {"actor_id": actor.user_id if role == "agent" else role, "actor_role": role}
        at = BEGAN + timedelta(seconds=seconds)
        key = f"{ticket_id}/{kind.kind}"
        told.append(Report(kind(key=key, occurred_at=at, ticket_id=ticket_id, **who, **more)))
    await ledger.journal.record(*told)
    return ticket_id, actor


async def _an_act(ledger: _Ledger, ticket_id: str, actor: Actor, key: str) -> object:
    text = f"Kartu belum jadi ({key})."
    asked = Asked(key, text)
    return await ledger.desk.act(actor, Deed.ENTER, ticket_id, asked, lambda act: outline(act, text))


def _later() -> datetime:
    return BEGAN + timedelta(seconds=300)


def _floor(folder: Path) -> Callable[[str], None]:
    """Commits one row to the journal of a ledger of its own."""
    engine = open_database(f"sqlite:///{folder / 'floor.sqlite3'}")
    row = {
        "kind": "outline_written", "version": 1, "ticket_id": "1", "occurred_at": BEGAN, "recorded_at": BEGAN,
        "provenance": "inferred", "body": {"actor_id": "dewi", "text_id": "0" * 32},
    }  # fmt: skip

    def append(connection: Connection, key: str) -> None:
        connection.execute(insert(tables.journal).values(row | {"key": key}))

    def commit(key: str) -> None:
        with engine.begin() as connection:
            append(connection, key)

    return commit
