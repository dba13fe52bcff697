"""Acts on cases survive anything: killed again and again while people act; the unanswered ask again."""

import asyncio
import multiprocessing
import os
import random
import signal
from collections import Counter
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from sqlalchemy import select

from config.clock import now
from tests.builders import OFFICE, a_call_talked, at
from ticketing import tables
from ticketing.desk.act import CaseDesk
from ticketing.desk.entries import outline
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Asked
from ticketing.desk.sight import Actor
from ticketing.facts import Report, TicketRegistered
from ticketing.ledger import upkeep
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal
from ticketing.ledger.recorder import Recorder, Registration
from ticketing.people.privacy import Vault
from ticketing.people.roles import Role

LIVES = 15
PEOPLE = 16
ACTS_AT_MOST = 10_000
OFFICE_KEY, INDEX_KEY = os.urandom(32), os.urandom(32)
Progress = list[int]
"""How many acts of each person were answered."""


def agent(n: int) -> Actor:
    return Actor(f"agent{n}", f"agent{n}", Role.AGENT, "dukcapil")


def opened(url: str) -> tuple[Journal, CaseDesk]:
    vault = Vault(OFFICE_KEY, INDEX_KEY)
    journal = Journal(open_database(url), Recorder(vault, lambda: OFFICE, now))
    journal.start()
    return journal, CaseDesk(journal, vault, lambda: OFFICE, lambda: at(950))


async def calls_taken(url: str) -> list[str]:
    """A ticket for each person, of a citizen they have just talked to."""
    journal, _ = opened(url)
    tickets = []
    for n in range(PEOPLE):
        told = [fact for fact in a_call_talked().facts if not isinstance(fact, TicketRegistered)]
        call_id = f"pbx-{n}.0"
        moved = [_of(fact, call_id, f"agent{n}") for fact in told]
        registered = await journal.register(Registration(call_id, at(6)), *map(Report, moved))
        tickets.append(registered.ticket_id)
    journal.close()
    return tickets


def _of(fact, call_id: str, agent_id: str):
    values = {name: getattr(fact, name) for name in fact.__struct_fields__}
    theirs = {"key": f"{call_id}/{fact.key}", "call_id": call_id}
    return type(fact)(**(values | theirs | ({"agent_id": agent_id} if "agent_id" in values else {})))


def act_for_ever(url: str, tickets: list[str], answered: Progress, speak: Pipe, most: int) -> None:
    """A life: everybody acts again and again, each act with a key of its own, the unanswered one first."""

    async def serve() -> None:
        journal, desk = opened(url)

        async def person(n: int) -> None:
            for turn in range(answered[n], min(answered[n] + most, ACTS_AT_MOST)):
                text = f"Kerangka {n}/{turn}."
                asked = Asked(f"key-{turn}", text)
                answer = await desk.act(
                    agent(n), Deed.ENTER, tickets[n], asked, lambda act, text=text: outline(act, text)
                )
                assert answer["ticket_id"] == tickets[n]
                speak.send((n, turn))

        await asyncio.gather(*(person(n) for n in range(PEOPLE)))
        journal.close()

    asyncio.run(serve())


def live(
    url: str, tickets: list[str], answered: Progress, after_seconds: float | None, most: int = ACTS_AT_MOST
) -> None:
    """One life; `answered` goes on by what was heard of it. It is killed unless no time is given."""
    hear, speak = multiprocessing.Pipe(duplex=False)
    arguments = (url, tickets, list(answered), speak, most)
    process = multiprocessing.get_context("fork").Process(target=act_for_ever, args=arguments)
    process.start()
    speak.close()
    with hear:
        if after_seconds is not None:
            _hear(hear, answered)
            process.join(after_seconds)
            os.kill(process.pid or 0, signal.SIGKILL)
        while _hear(hear, answered):
            pass
        process.join()


def _hear(hear: Pipe, answered: Progress) -> bool:
    try:
        n, turn = hear.recv()
    except (EOFError, OSError):
        return False
    assert turn == answered[n], "each act is answered once, in turn"
    answered[n] += 1
    return True


def test_no_act_that_was_answered_is_lost_and_none_that_is_asked_again_counts_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    tickets = asyncio.run(calls_taken(url))
    chance, answered = random.Random(12), [0] * PEOPLE
    for _ in range(LIVES):
        live(url, tickets, answered, chance.uniform(0, 0.25))
    killed_with = list(answered)

    live(url, tickets, answered, None, most=1)

    engine = open_database(url)
    with engine.connect() as connection:
        column = tables.journal.c
        written = select(column.ticket_id, column.key).where(column.kind == "outline_written")
        facts = [tuple(row) for row in connection.execute(written)]
        requests = list(connection.scalars(select(tables.requests.c.key)))
        texts = list(connection.scalars(select(tables.texts.c.ticket_id)))
    assert sum(killed_with) > LIVES
    # Whoever was still without an answer asked again: so many acts, so many facts, texts and requests.
    assert Counter(ticket_id for ticket_id, _ in facts) == dict(zip(tickets, answered, strict=True))
    assert Counter(texts) == dict(zip(tickets, answered, strict=True))
    assert len({key for _, key in facts}) == len(facts) == len(requests) == sum(answered)
    assert upkeep.shortcomings(engine, OFFICE) == []
    engine.dispose()
