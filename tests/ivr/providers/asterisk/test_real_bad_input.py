"""Callers who introduce themselves as nobody does, and keys nobody presses, on the real Asterisk.

All call one hotline at once. Each must reach the queue with a ticket; what they wrote or pressed must
stand in no event, log or file.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from agent_bridge import parts, supervisor
from agent_bridge.house import open_ledger, read_office
from agent_bridge.rehearsal.report import numbers_heard
from agent_bridge.sounds import make_sounds
from config.settings import Settings
from ivr.probe.citizen import Citizen
from ivr.probe.ears import Ear, Vocabulary, transcribe
from ivr.probe.sipp import Act, HangUp, Press, Sipp, Wait
from ivr.providers.asterisk.configuration import READER
from ivr.providers.asterisk.plan import LOOPBACK, PbxPlan
from tests.journeys.test_citizens import vocabulary
from tests.journeys.test_supervisor import healthy
from ticketing import tables
from ticketing.ledger import upkeep
from ticketing.ledger.reader import AnyRow
from ticketing.people import complainant
from ticketing.tickets.number import from_digits

pytestmark = pytest.mark.real

QUEUED_SECONDS = 60.0
FORGED = "forged"
FORGED_EVENT = (
    f"%0D%0A%0D%0AEvent%3A%20QueueCallerJoin%0D%0AQueue%3A%20x%0D%0ALinkedid%3A%20{FORGED}%0D%0A%0D%0A"
)


@dataclass(frozen=True)
class Introduction:
    """What a caller's From header holds, and whom the ledger takes them for (None: nobody)."""

    identity: str
    more: tuple[str, ...] = ()
    known_as: str | None = None


def written(user: str, name: str = "") -> str:
    return f"{name} <sip:{user}@127.0.0.1>".strip()


INTRODUCTIONS = {
    "trunk form 0": Introduction(written("081200000701"), known_as="+62 8** ****** 01"),
    "trunk form 62": Introduction(written("6281200000701"), known_as="+62 8** ****** 01"),
    "trunk form +62": Introduction(written("+6281200000701"), known_as="+62 8** ****** 01"),
    "with a name": Introduction(written("081200000702", '"Budi, (RT 3)"'), known_as="+62 8** ****** 02"),
    "nothing to hide": Introduction(written("081200000703"), ("Privacy: none",), "+62 8** ****** 03"),
    "with a colon": Introduction(written("081200000710", '"Pak: RT 3"'), known_as="+62 8** ****** 10"),
    "telephone address": Introduction("<tel:+6281200000711>", known_as="+62 8** ****** 11"),
    "another's number for a name": Introduction(written("anonymous", '"<sip:081200000712@127.0.0.1>"')),
    "absent": Introduction("<sip:127.0.0.1>"),
    "anonymous": Introduction('"Anonymous" <sip:anonymous@anonymous.invalid>'),
    "Anonymous": Introduction(written("Anonymous")),
    "unknown": Introduction(written("unknown")),
    "Restricted": Introduction(written("Restricted")),
    "withheld, network knows": Introduction(
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        ("P-Asserted-Identity: <sip:081200000704@127.0.0.1>", "Privacy: id"),
    ),
    "withheld, number shown": Introduction(written("081200000705"), ("Privacy: id",)),
    "digits among letters": Introduction(written("anon081200000706")),
    "40 digits": Introduction(written("9" * 40)),
    "emoji": Introduction(written("%F0%9F%98%80", '"😀"')),
    "markup": Introduction(written("%3Cb%3E081200000707%3C%2Fb%3E", '"<script>alert(1)</script>"')),
    "SQL": Introduction(written("081200000708'%20OR%201=1", '"\'; DROP TABLE calls;--"')),
    "dialplan": Introduction(written("a,b)0%7D812$%7BEPOCH%7D")),
    "line break in the number": Introduction(written("0812%0D%0AUniqueid%3A%20forged")),
    "event in the number": Introduction(written(f"1{FORGED_EVENT}")),
    "line break in the diversion": Introduction(
        written("081200000709"),
        ("Diversion: <sip:1%0Aagi_uniqueid%3A%20forged@127.0.0.1>;reason=unconditional",),
        "+62 8** ****** 09",
    ),
}
HOSTILE = (b"DROP TABLE", b"<script", "😀".encode(), b"anonymous@", b"Budi", FORGED.encode())
WITHHELD = tuple(f"0812000007{n}".encode() for n in ("04", "05", "06", "07", "08", "12"))
NUMBERS = (b"0812000007", b"81200000701", b"9" * 40)

KEYS: dict[str, list[Act]] = {
    "held down": [Wait(1), Press("7" * 50)],
    "every key there is": [Wait(6), Press("*#ABCD" * 4), Wait(8)],
    "fifty digits": [Wait(7), Press("3"), Wait(1), Press("4815162342" * 5), Wait(25)],
    "late": [Wait(15), Press("1"), Wait(18)],
    "between turns": [Wait(7), Press("1"), Wait(2), Press("25802580"), Wait(4), Press("25802580"), Wait(12)],
}
LINES = {name: f"08120000080{n}" for n, name in enumerate(KEYS)}
PRESSED = (b"777777777", b"4815162342", b"25802580", b"ABCD*#ABCD")
MOST_ASKINGS = 3
"""Asked once, and again twice at most."""


@dataclass
class Day:
    """What was left when all had called."""

    folder: Path
    events: bytearray
    rows: dict[str, AnyRow | None] = field(default_factory=dict)
    known_as: dict[str, str | None] = field(default_factory=dict)
    person_ids: dict[str, str | None] = field(default_factory=dict)
    askings: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    differences: list[str] = field(default_factory=list)

    def holders_of(self, *texts: bytes) -> list[str]:
        """The files that hold any of these, but for the PBX's configuration, SIPp's own, and texts sent.

        In practice a text is a file that says to whom it goes: the stand-in for the operator's network.
        """
        files = (file for file in self.folder.rglob("*") if file.is_file() and not file.is_symlink())
        others = {"etc", "sipp", "sounds", "keys", "sms"}
        written_since = (file for file in files if not others & set(file.parts))
        return [file.name for file in written_since if any(text in file.read_bytes() for text in texts)]


@dataclass
class Scene:
    """The hotline all of them call."""

    plan: PbxPlan
    sipp: Sipp
    words: Vocabulary

    async def introduce(self, name: str) -> str:
        """Dial, ask for a number, hear it out; the number."""
        how = INTRODUCTIONS[name]
        citizen = Citizen(self.plan.ports.sip, how.identity, *how.more)
        began = time.time()
        try:
            await citizen.dial("1500")
            await citizen.until_hearing(self.words, "hotline/menu-daftar", seconds=QUEUED_SECONDS)
            await citizen.press("1")
            await citizen.until_hearing(self.words, "music", seconds=QUEUED_SECONDS)
        finally:
            await citizen.hang_up()
        heard = transcribe(citizen.ear.frames, self.words, began, time.time())
        return numbers_heard(heard)[0].digits

    async def press(self, name: str) -> int:
        """Dial and press; how often the question was asked."""
        ear = Ear()
        await ear.open()
        began = time.time()
        acts = [*KEYS[name], HangUp()]
        process = await self.sipp.call(
            f"warga{LINES[name]}", "1500", LINES[name], acts, ear_port=ear.port, seconds=90
        )
        assert await process.wait() == 0
        ear.close()
        heard = transcribe(ear.frames, self.words, began, time.time()).heard
        return sum(entry.name.endswith(("/menu-daftar", "/masukkan-tiket")) for entry in heard)


async def everybody_calls(settings: Settings) -> Day:
    program = parts.find("sipp", settings)
    assert program
    day = Day(settings.folder, bytearray())
    async with supervisor.running(settings) as running:
        assert running.plan
        await healthy(running.address)
        listening = await listen(running.plan, day.events)
        sipp = Sipp(program, running.plan.ports.sip, settings.folder / "sipp")
        scene = Scene(running.plan, sipp, vocabulary(settings))
        numbers = asyncio.gather(*(scene.introduce(name) for name in INTRODUCTIONS), return_exceptions=True)
        askings = asyncio.gather(*(scene.press(name) for name in KEYS), return_exceptions=True)
        heard = dict(zip(INTRODUCTIONS, await numbers, strict=True))
        day.askings = dict(zip(KEYS, await askings, strict=True))  # type: ignore[arg-type]
        await asyncio.sleep(1)
        listening.cancel()
    take_stock(settings, day, heard)
    return day


async def listen(plan: PbxPlan, into: bytearray) -> asyncio.Task[None]:
    """Keep all that Asterisk tells a reader of its events, from now on."""
    reader, writer = await asyncio.open_connection(LOOPBACK, plan.ports.ami)
    login = f"Action: Login\r\nUsername: {READER}\r\nSecret: {plan.reader_secret}\r\n\r\n"
    writer.write(login.encode())
    await reader.readuntil(b"\r\n\r\n")

    async def keep() -> None:
        try:
            while data := await reader.read(65_536):
                into.extend(data)
        finally:
            writer.close()

    return asyncio.create_task(keep())


def take_stock(settings: Settings, day: Day, heard: Mapping[str, str | BaseException]) -> None:
    """Look every caller up in the ledger: by the number they heard, or by their line."""
    ledger = open_ledger(settings, read_office(settings))
    ledger.close()
    with ledger.reader.connect() as connection:
        calls = connection.execute(select(tables.calls)).all()
        lines = {name: complainant.find(connection, ledger.vault, line) for name, line in LINES.items()}
    day.calls = len(calls)
    by_number = {keys_of(call.ticket_id): call for call in calls if call.ticket_id}
    by_person = {call.person_id: call for call in calls}
    day.rows = {name: by_number.get(str(number)) for name, number in heard.items()}
    day.rows |= {name: by_person.get(person_id) for name, person_id in lines.items()}
    for name, row in day.rows.items():
        day.person_ids[name] = row.person_id if row else None
        day.known_as[name] = ledger.reader.masked_number(row.person_id) if row and row.person_id else None
    day.differences = upkeep.differences(ledger.engine, read_office(settings).office)


def keys_of(ticket_id: str) -> str:
    return from_digits(ticket_id).keys


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """One day of bad input, lived once."""
    settings = Settings(home=tmp_path_factory.mktemp("hl"), port=0)
    make_sounds(settings, lambda *_: None)
    return asyncio.run(everybody_calls(settings))


@pytest.mark.parametrize("name", INTRODUCTIONS)
def test_whoever_calls_is_served_and_taken_for_nobody_they_did_not_prove_to_be(day: Day, name: str):
    row = day.rows[name]

    assert row is not None, "heard the number of their own ticket"
    assert row.queued_at
    assert day.known_as[name] == INTRODUCTIONS[name].known_as


def test_three_ways_to_write_a_number_are_one_person(day: Day):
    forms = [day.person_ids[name] for name in INTRODUCTIONS if name.startswith("trunk form")]

    assert len(forms) == 3
    assert len(set(forms)) == 1


@pytest.mark.parametrize("name", KEYS)
def test_whatever_is_pressed_the_caller_is_asked_three_times_at_most_and_reaches_the_queue(
    day: Day, name: str
):
    row = day.rows[name]

    assert row is not None
    assert row.ticket_id
    assert row.queued_at
    assert day.askings[name] <= MOST_ASKINGS


def test_nobodys_text_becomes_an_event_a_line_of_a_log_or_a_row(day: Day):
    events = bytes(day.events)

    assert day.calls == len(INTRODUCTIONS) + len(KEYS), "and none that nobody made"
    assert events.count(b"Event: Newchannel") >= day.calls, "the tap was open"
    assert [text for text in HOSTILE + WITHHELD if text in events] == []
    assert day.holders_of(*HOSTILE, *NUMBERS) == []
    assert day.differences == []


def test_no_key_pressed_stands_anywhere(day: Day):
    assert [text for text in PRESSED if text in bytes(day.events)] == []
    assert day.holders_of(*PRESSED) == []
