"""Keys pressed while waiting: what each brings, on a line that stays open; and how long a wait may be."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ivr.call_desk import CallDesk
from ivr.dialogue import Caller
from ivr.queues.wait import Limit, announced, limit
from ivr.registration import Registrar
from tests.builders import MONDAY_MORNING, NUMBER, OFFICE, Desk, Story, a_desk
from ticketing.calls.call import Call, CallPhase

CALL = "pbx-1.0"
CALLER = Caller(CALL, "pbx", "1500", NUMBER)
QUEUE = replace(OFFICE.default_queue, max_wait_seconds=600)


@dataclass
class Telephone:
    """A line that notes what it was told, in order, with how many facts were recorded by then."""

    desk: Desk
    told: list[tuple[str, int]] = field(default_factory=list)

    def _note(self, what: str) -> None:
        self.told.append((what, len(self.desk.reader.facts_of({CALL}).get(CALL, ()))))

    async def play(self, sounds: Sequence[str], keys: str = "*") -> str:
        self._note(" ".join(sounds))
        return ""

    async def ask_key(self, sounds: Sequence[str], window_seconds: float) -> str:
        raise AssertionError("nothing is asked")

    async def ask_digits(self, sounds: Sequence[str], window_seconds: float) -> str:
        raise AssertionError("nothing is asked")

    async def set_variable(self, name: str, value: str) -> None:
        self._note(f"{name}={value}")

    async def arm(self, seconds: float) -> None:
        raise AssertionError("each sound arms for itself")

    async def disarm(self) -> None:
        self._note("disarmed")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path) as desk:
        await desk.record(Story(CALL).arrives().enters_menu().is_registered().queues(21))
        yield desk


async def pressed(desk: Desk, key: str, caller: Caller = CALLER) -> list[tuple[str, int]]:
    registrar = Registrar(CallDesk(desk.journal), desk.journal, desk.reader, lambda: OFFICE, clock)
    line = Telephone(desk)
    await registrar.key_while_waiting(line, caller, key)
    return line.told


def clock() -> datetime:
    return MONDAY_MORNING + timedelta(seconds=60)


async def test_a_topic_is_recorded_before_it_is_said_and_the_switch_is_off_at_last(desk: Desk):
    assert await pressed(desk, "1") == [("hotline/topik-dicatat", 5), ("disarmed", 5)]
    assert desk.reader.folded(CALL).category is not None


async def test_a_call_back_is_promised_before_it_is_said_and_then_the_dialplan_hangs_up(desk: Desk):
    (spoken, by_then), *rest = await pressed(desk, "9")

    assert spoken.startswith("hotline/kami-telepon-paling-lambat")
    assert by_then == 5
    assert [told for told, _ in rest] == ["HOTLINE_NEXT=selesai", "disarmed"]


async def test_a_star_has_the_number_said_slowly_to_who_was_given_it(desk: Desk):
    (spoken, _), _ = await pressed(desk, "*")

    assert spoken.startswith("hotline-pelan/nomor-anda hotline-pelan/nol")


@pytest.mark.parametrize("key", ["7", "8", "0", "#"])
async def test_a_key_that_means_nothing_now_changes_nothing(desk: Desk, key: str):
    assert await pressed(desk, key) == [("hotline/pilihan-salah", 4), ("disarmed", 4)]
    assert desk.reader.folded(CALL).phase is CallPhase.WAITING


def test_a_wait_ends_by_the_queues_time_or_at_closing_whichever_is_first():
    since = clock()
    longest, sooner, later = (since + timedelta(seconds=seconds) for seconds in (600, 599, 601))

    assert limit(QUEUE, since, None) == limit(QUEUE, since, later) == Limit(longest, "TIMEOUT")
    assert limit(QUEUE, since, sooner) == Limit(sooner, "CLOSED")
    assert limit(QUEUE, since, longest) == Limit(longest, "CLOSED")


def test_each_round_tells_the_place_and_all_but_the_first_what_can_be_done_meanwhile():
    caller = Call(CALL, person_id="p1", ticket_id="26112300424")
    place = ("urutan", "dua", "belas", "jeda")

    rounds = [announced(n, 12, caller) for n in range(4)]

    topics, offer = (*place, "pilih-topik"), (*place, "tawar-telepon-kembali")
    assert rounds == [place, topics, offer, topics]
    hidden = Call(CALL, ticket_id="26112300424")
    assert announced(2, 1, hidden) == ("urutan-pertama", "pilih-topik"), "nobody could call back"
