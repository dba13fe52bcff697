"""The place in the queue as callers hear it, held against the queue as the PBX's own events tell it.

Asterisk speaks the place itself, so nothing but real calls can show whether it is true.
"""

import shutil
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent_bridge import supervisor
from agent_bridge.house import open_ledger, read_office
from agent_bridge.rehearsal.agent import Manners
from agent_bridge.rehearsal.rehearse import prepared
from agent_bridge.rehearsal.report import numbers_heard
from agent_bridge.rehearsal.stage import CitizenCall, Script, Stage, Tell
from config.settings import Settings
from ivr.probe.ears import Heard, Transcript
from ivr.probe.sipp import Act, AwaitHangUp, HangUp, Press, Wait
from ticketing.facts import CallAbandoned, CallFact, CallLeftQueue, CallQueued
from ticketing.ledger.reader import Reader
from ticketing.tickets.number import from_digits

ANNOUNCED_EVERY_SECONDS = 5
"""Callers hear their place this often, instead of twice a minute."""
BETWEEN_CALLS_SECONDS = 2.0
TO_THE_EAR_SECONDS = 0.3
"""From app_queue's look at the place to its first sound at the caller's ear, at most."""
STAMPED_LATE_SECONDS = 0.2
"""Asterisk 22 stamps an event when it is handed to the manager, on a busy machine this long after the queue
has changed: queue_log has had the change in the second before."""
ONE_NUMBER_SECONDS = 0.5
CUT_OFF_SECONDS = 0.5
"""What is heard this close to the end of the call may have been meant to go on."""
WHOLE_SHARE = 0.9
LONGEST_CALL_SECONDS = 800.0
LOOKED_THROUGH = 100_000


@dataclass(frozen=True, slots=True)
class SpokenPlace:
    """A place that was heard, and when its first sound reached the ear (Unix seconds)."""

    at: float
    place: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """A place as it was spoken, and all that were true in the moment when it was looked up and heard."""

    call_id: str
    spoken: SpokenPlace
    true: frozenset[int]

    @property
    def is_wrong(self) -> bool:
        """Whether the caller stood elsewhere."""
        return self.spoken.place not in self.true


class QueueEventsMissing(Exception):
    """The events do not add up to a queue: one of them was lost, so nothing can be held against them."""


class QueueHistory:
    """Who stood where at any instant, from what the PBX said of joining and leaving.

    Whoever hung up is gone from then on, though the PBX says only a moment later that they left; in that
    moment it may count the others either way.
    """

    def __init__(self, facts: Iterable[CallFact]) -> None:
        self._at: list[float] = []
        self._standing: list[tuple[tuple[str, ...], ...]] = []
        self.overtaken: dict[str, int] = {}
        """Who left the queue for a moment, to press a key, and how many got ahead of them meanwhile."""
        standing: list[str] = []
        ahead: dict[str, set[str]] = {}
        gone: set[str] = set()
        moves = (fact for fact in facts if isinstance(fact, CallQueued | CallLeftQueue | CallAbandoned))
        for fact in sorted(moves, key=lambda one: one.occurred_at):
            if isinstance(fact, CallLeftQueue) and fact.call_id in standing:
                ahead[fact.call_id] = set(standing[: standing.index(fact.call_id)])
            if isinstance(fact, CallAbandoned):
                gone.add(fact.call_id)
            else:
                gone.discard(fact.call_id)
                _move(standing, fact)
            if isinstance(fact, CallQueued) and fact.call_id in ahead:
                others = set(standing[: fact.position - 1]) - ahead[fact.call_id]
                self.overtaken |= {fact.call_id: len(others)} if others else {}
            self._at.append(fact.occurred_at.timestamp())
            self._standing.append(_readings(standing, gone))

    def places(self, call_id: str, since: float, until: float) -> frozenset[int]:
        """Every place the call had between two instants; none where it did not stand in the queue."""
        first = max(0, bisect_right(self._at, since) - 1)
        last = bisect_left(self._at, until)
        readings = (one for state in self._standing[first:last] for one in state)
        return frozenset(one.index(call_id) + 1 for one in readings if call_id in one)

    @property
    def longest(self) -> int:
        """The most callers there were at once."""
        return max((len(state[0]) for state in self._standing), default=0)


def _readings(standing: Sequence[str], gone: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """The queue with those who hung up, and after each of them in turn is taken out."""
    readings = [tuple(standing)]
    for call_id in standing:
        if call_id in gone:
            readings.append(tuple(one for one in readings[-1] if one != call_id))
    return tuple(readings)


def _move(standing: list[str], fact: CallQueued | CallLeftQueue) -> None:
    """One joins or leaves; the PBX says at which place, and that must be where the others leave room."""
    if isinstance(fact, CallQueued):
        standing.insert(fact.position - 1, fact.call_id)
    elif fact.call_id in standing:
        standing.remove(fact.call_id)
    else:
        raise QueueEventsMissing(f"{fact.call_id} left without having joined")
    if isinstance(fact, CallQueued) and standing.index(fact.call_id) + 1 != fact.position:
        raise QueueEventsMissing(f"{fact.call_id} joined at {fact.position}, behind too few")


def spoken_places(transcript: Transcript, began: float, over: float) -> list[SpokenPlace]:
    """Each place that was spoken to its end; times are Unix seconds.

    app_queue looks at the place twice: for the sentence that has no number, and again for the number.
    """
    found = []
    whole = [entry for entry in transcript.heard if entry.share > WHOLE_SHARE]
    for n, entry in enumerate(whole):
        word = entry.name.rpartition("/")[2]
        if word == "urutan-pertama":
            found.append(SpokenPlace(began + entry.starts_at_seconds, 1))
        elif word == "urutan":
            number = list(_number(whole[n + 1 :], entry.ends_at_seconds))
            if number and began + number[-1].ends_at_seconds < over - CUT_OFF_SECONDS:
                place = sum(int(one.name.rpartition("/")[2]) for one in number)
                found.append(SpokenPlace(began + number[0].starts_at_seconds, place))
    return found


def _number(after: Sequence[Heard], ends_at: float) -> Iterator[Heard]:
    """The sounds of one number: tens and ones, one upon the other."""
    for entry in after:
        folder, _, word = entry.name.rpartition("/")
        if folder != "digits" or not word.isdigit() or entry.starts_at_seconds - ends_at > ONE_NUMBER_SECONDS:
            return
        yield entry
        ends_at = entry.ends_at_seconds


def held_against(history: QueueHistory, call_id: str, spoken: Iterable[SpokenPlace]) -> list[Verdict]:
    """Each spoken place beside what was true when it was looked up."""
    return [
        Verdict(
            call_id, one, history.places(call_id, one.at - TO_THE_EAR_SECONDS, one.at + STAMPED_LATE_SECONDS)
        )
        for one in spoken
    ]


# --- the rehearsal ---

TURNS: tuple[tuple[Act, ...], ...] = (
    (Wait(7), Press("1"), Wait(80), HangUp()),
    (Wait(7), Press("1"), Wait(120), HangUp()),
    (Wait(7), Press("1"), Wait(40), Press("2"), Wait(70), HangUp()),
    (Wait(7), Press("1"), AwaitHangUp()),
    (Wait(7), Press("1"), Wait(100), HangUp()),
    (Wait(7), Press("1"), Wait(55), HangUp()),
)
"""They leave in another order than they came in; one in six names a topic by a key, one is served."""


def with_hasty_announcements(settings: Settings) -> Settings:
    """The office's own files, with places spoken every few seconds."""
    folder = settings.folder / "kantor"
    shutil.copytree(settings.office, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "queues.yaml"
    usual = f"announce_seconds: {read_office(settings).office.default_queue.announce_seconds}"
    file.write_text(file.read_text().replace(usual, f"announce_seconds: {ANNOUNCED_EVERY_SECONDS}"))
    return settings.model_copy(update={"office": folder})


async def rehearse_places(settings: Settings, callers: int, agents: int, tell: Tell) -> dict[str, Any]:
    """Real callers wait, leave, press keys and are served; returns how many places were spoken wrongly."""
    own = with_hasty_announcements(prepared(settings, tell))
    script = Script(
        callers, agents, 0, BETWEEN_CALLS_SECONDS, Manners(talk_seconds=20.0), by_turns=TURNS, retold=False
    )
    async with supervisor.running(own, agents) as running:
        citizens = await Stage(own, running, script, tell, LONGEST_CALL_SECONDS).play()
    ledger = open_ledger(own, read_office(own))
    try:
        return verdict(ledger.reader, citizens)
    finally:
        ledger.close()


def verdict(reader: Reader, citizens: Sequence[CitizenCall]) -> dict[str, Any]:
    """What every citizen heard of their place, held against the queue; figures as they are printed."""
    ids = {row.call_id for row in reader.changes_since(0, LOOKED_THROUGH) if row.call_id}
    facts = reader.facts_of(ids)
    history = QueueHistory(fact for known in facts.values() for fact in known)
    by_number = {
        _spoken_number(row.ticket_id): row.call_id for row in reader.calls(ids).values() if row.ticket_id
    }
    verdicts: list[Verdict] = []
    unknown = 0
    for citizen in citizens:
        numbers = numbers_heard(citizen.transcript)
        call_id = by_number.get(numbers[0].digits) if numbers else None
        if call_id is None:
            unknown += 1
            continue
        spoken = spoken_places(citizen.transcript, citizen.dialled_at, citizen.over_at)
        verdicts += held_against(history, call_id, spoken)
    wrong = [one for one in verdicts if one.is_wrong]
    return {
        "callers": len(citizens),
        "callers_unknown": unknown,
        "longest_queue": history.longest,
        "largest_place": max((one.spoken.place for one in verdicts), default=0),
        "spoken": len(verdicts),
        "wrong": len(wrong),
        "overtaken_while_pressing_a_key": len(history.overtaken),
        "wrongly": [_line(one) for one in wrong],
    }


def _spoken_number(ticket_id: str) -> str:
    return from_digits(ticket_id).keys


def _line(one: Verdict) -> dict[str, Any]:
    at = datetime.fromtimestamp(one.spoken.at).astimezone().isoformat(timespec="milliseconds")
    return {"call": one.call_id, "at": at, "spoken": one.spoken.place, "true": sorted(one.true)}
