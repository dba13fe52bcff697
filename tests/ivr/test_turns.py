"""A telephone that asks by requests: one walk, one number and one reply a turn, whoever asks how often."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import menu
from ivr.call_desk import CallDesk
from ivr.dialogue import Caller
from ivr.kept_walk import pack, unpack
from ivr.registration import Registrar
from ivr.steps import AskDigits, AskKey, Enqueue, HangUp, Heard, LookAhead, Spoken, Walk
from ivr.turns import TurnLost, Turns
from tests.builders import MONDAY_MORNING, NUMBER, OFFICE, Desk, a_desk
from tests.ivr.test_menu import KEYS, LONG_WAIT, NEW, OLD, OPENS_AT, STATUS

CALLER = Caller("CAxx", "jalur-dua", "1500", NUMBER)


def reply(walk: Walk, step: Spoken | Enqueue | HangUp, number: int) -> bytes:
    """A telephone that reads out what it is told, and then asks for the next turn."""
    return f"{number} {step!r}".encode()


def node(desk: Desk) -> Turns:
    """One of several backends on the same ledger."""
    registrar = Registrar(CallDesk(desk.journal), desk.journal, desk.reader, lambda: OFFICE, clock)
    return Turns(registrar, desk.journal, desk.reader, desk.vault, clock)


def clock() -> datetime:
    return MONDAY_MORNING


async def goes(turns: Turns, *pressed: str) -> list[bytes]:
    """A caller who presses these keys, turn by turn."""
    return [await turns.take(CALLER, n, key, reply) for n, key in enumerate(pressed)]


def recorded(desk: Desk) -> list[str]:
    """The kinds of the call's facts, in order."""
    return [fact.kind for fact in desk.reader.facts_of({CALLER.call_id})[CALLER.call_id]]


async def test_the_number_comes_first_and_is_recorded_as_spoken_once_it_was_heard_to_its_end(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        told = await goes(node(desk), "", "1", "", "")

        assert b"AskKey" in told[0]
        assert b"times=1" in told[1]
        assert b"times=2" in told[2]
        assert recorded(desk) == [
            "call_arrived", "menu_entered", "ticket_registered", "number_spoken", "number_spoken"
        ]  # fmt: skip


@pytest.mark.parametrize("key", ["*", "5"])
async def test_a_number_cut_short_by_any_key_is_said_again_and_not_recorded(tmp_path: Path, key: str):
    async with a_desk(tmp_path) as desk:
        told = await goes(node(desk), "", "1", key)

        assert b"times=1" in told[2]
        assert "slow=True" in told[2].decode()
        assert "number_spoken" not in recorded(desk)


async def test_the_same_request_at_once_on_two_nodes_gets_the_same_bytes_and_one_number(tmp_path: Path):
    async with a_desk(tmp_path) as first, a_desk(tmp_path, vault=first.vault) as second:
        nodes = [node(first), node(second)]
        for number, pressed in enumerate(("", "1", "", "")):
            told = await asyncio.gather(
                *(one.take(CALLER, number, pressed, reply) for one in (*nodes, *nodes))
            )
            assert len(set(told)) == 1

        assert recorded(first).count("ticket_registered") == 1
        assert recorded(first).count("number_spoken") == 2


async def test_a_number_that_cannot_be_told_is_not_issued(tmp_path: Path):
    def mute(walk: Walk, step: Spoken | Enqueue | HangUp, number: int) -> bytes:
        raise ValueError("no words")

    async with a_desk(tmp_path) as desk:
        turns = node(desk)
        await goes(turns, "")

        with pytest.raises(ValueError):
            await turns.take(CALLER, 1, "1", mute)
        before = recorded(desk)
        told = await turns.take(CALLER, 1, "1", reply)

        assert "ticket_registered" not in before
        assert b"times=1" in told


async def test_a_number_that_comes_late_is_told_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with a_desk(tmp_path) as desk:
        turns = node(desk)
        await goes(turns, "")
        monkeypatch.setattr("ivr.registration.LEDGER_SECONDS", 0)

        told = await turns.take(CALLER, 1, "1", reply)

        assert b"times=1" in told
        assert recorded(desk).count("ticket_registered") == 1


async def test_an_old_request_gets_its_old_reply_and_changes_nothing(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        turns = node(desk)
        told = await goes(turns, "", "1", "", "")
        before = recorded(desk)

        again = [await turns.take(CALLER, n, "9", reply) for n in (3, 1, 0, 2)]

        assert again == [told[n] for n in (3, 1, 0, 2)]
        assert recorded(desk) == before


async def test_a_turn_whose_turn_before_nobody_knows_is_refused(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        turns = node(desk)
        await goes(turns, "")

        with pytest.raises(TurnLost):
            await turns.take(CALLER, 3, "1", reply)


async def test_what_was_keyed_in_is_not_readable_where_it_is_kept(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await goes(node(desk), "", "3", "26112300424")

        with desk.reader.connect() as connection:
            kept = connection.exec_driver_sql("SELECT walk, reply FROM turns").all()
        assert len(kept) == 3
        assert not any(b"26112300424" in value for row in kept for value in row)


@given(st.lists(st.sampled_from(KEYS), max_size=12), st.booleans(), st.booleans())
def test_a_walk_that_was_put_away_goes_on_as_if_it_had_not_been(keys: list[str], closed: bool, known: bool):
    walk = Walk(opens_at=OPENS_AT if closed else None, offered=OLD if known else None, causes=("banjir",))
    heard, waiting = Heard(), list(keys)
    for _ in range(40):
        walk, step = menu.next_step(OFFICE, walk, heard)
        assert unpack(pack(walk)) == walk
        if isinstance(step, Enqueue | HangUp):
            break
        heard = _answer(step, waiting)


def _answer(step: menu.Step, waiting: list[str]) -> Heard:
    if isinstance(step, LookAhead):
        return Heard(ahead=LONG_WAIT)
    if isinstance(step, menu.CheckStatus):
        return Heard(status=STATUS)
    if isinstance(step, AskKey):
        return Heard(key=waiting.pop(0) if waiting else "")
    if isinstance(step, AskDigits):
        return Heard(digits="42" if waiting else "")
    return Heard(ticket=NEW)
