"""Causes in a real ledger: one answer for everybody who is linked, each once, each ticket with its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import Unavailable
from tests.ticketing.common_causes import ANSWER, BETTER, LANDLINE, MOBILE, SARI, Common, common
from ticketing import case_facts, tables
from ticketing.case_facts import CITIZEN, CaseCancelled, CaseReopened, LinkedToCause, Track
from ticketing.causes import book, desk
from ticketing.causes.book import Author
from ticketing.causes.words import holds_a_number
from ticketing.ledger import upkeep
from ticketing.people.roles import Role
from ticketing.tickets.case import Stage
from ticketing.tickets.folding import fold

COMPLAINT = {"ticket_type": "complaint", "text_id": "t1"}


# --- the answer's way to each ticket ---


async def test_each_ticket_gets_a_solution_of_its_own_by_whoever_answers_and_keeps_its_clocks(tmp_path: Path):
    async with common(tmp_path) as house:
        cause = await house.begins()
        tickets = [await house.calls(n, number) for n, number in enumerate((MOBILE, LANDLINE, None))]
        for ticket_id in tickets:
            await house.links(ticket_id, cause)
        clocks = [house.ticket(ticket_id).limit_at for ticket_id in tickets]
        house.clock.at += timedelta(hours=1)

        await house.answers(cause)

        assert [house.answers_of(ticket_id) for ticket_id in tickets] == [[ANSWER]] * 3
        written = [house.solutions(ticket_id)[0] for ticket_id in tickets]
        assert {(fact.actor_id, fact.actor_role) for fact in written} == {("sari", "supervisor")}
        assert [fact.deliver_by for fact in written] == ["message", "agent", "agent"]
        assert [house.ticket(ticket_id).limit_at for ticket_id in tickets] == clocks
        assert {house.case(ticket_id).stage for ticket_id in tickets} == {Stage.SOLVED}
        assert len({fact.text_id for fact in written}) == 3, "each under its own citizen's key"
        house.holds_together()


async def test_whoever_wants_text_only_in_another_case_of_theirs_is_not_called_about_this_one(tmp_path: Path):
    async with common(tmp_path) as house:
        cause = await house.begins()
        earlier, ticket_id = await house.calls(1, LANDLINE), await house.calls(2, LANDLINE)
        person_id = house.ticket(earlier).person_id
        await house.does(
            earlier, case_facts.ContactPreferred, person_id=person_id, contact=case_facts.Contact.TEXT
        )
        await house.links(ticket_id, cause)

        await house.answers(cause)

        assert [fact.deliver_by for fact in house.solutions(ticket_id)] == ["message"]


async def test_an_official_may_be_the_author_of_what_a_supervisor_writes_down(tmp_path: Path):
    async with common(tmp_path) as house:
        cause, ticket_id = await house.begins(), await house.calls(1)
        await house.links(ticket_id, cause)

        await house.answers(cause, author=Author("kabid.dafduk", Role.OFFICIAL))

        solution = house.case(ticket_id).solution
        assert (solution.author_id, solution.author_role) == ("kabid.dafduk", "official")
        with house.reader.connect() as connection:
            audited = connection.execute(tables.audit.select()).all()
        assert ("sari", "cause.answer") in {(row.actor, row.action) for row in audited}


async def test_whoever_is_linked_after_the_answer_has_it_in_the_same_act(tmp_path: Path):
    async with common(tmp_path) as house:
        cause, ticket_id = await house.begins(), await house.calls(1)
        await house.answers(cause)
        await house.answers(cause, BETTER)

        await house.links(ticket_id, cause)

        assert house.answers_of(ticket_id) == [BETTER]
        assert await house.causes.spread() == 0
        house.holds_together()


async def test_a_case_with_an_official_is_answered_too_but_no_restricted_one_and_none_that_is_over(
    tmp_path: Path,
):
    async with common(tmp_path) as house:
        cause = await house.begins()
        official, restricted, over = [await house.calls(n) for n in range(3)]
        for ticket_id in (official, restricted, over):
            await house.links(ticket_id, cause)
        await house.does(official, case_facts.ComplaintRecorded, category="22", **COMPLAINT)
        await house.does(official, case_facts.SentToDispatcher, track=Track.DEFERRED)
        to = {"unit": "dafduk", "official_id": "pejabat.dafduk.1"}
        await house.does(official, case_facts.ForwardedToOfficial, "dispatcher", **to)
        await house.does(restricted, case_facts.ComplaintRecorded, category="91", **COMPLAINT)
        await house.does(over, CaseCancelled, reason_id="r1")

        await house.answers(cause)

        assert [len(house.solutions(one)) for one in (official, restricted, over)] == [1, 0, 0]
        assert house.case(official).stage is Stage.SOLVED
        assert house.case(official).outline_id is None, "what the citizen said stands for itself"
        far = house.progress(cause)
        assert (far.tickets, far.open, far.answered, far.waiting, far.told) == (3, 2, 1, 0, 0)
        house.holds_together()


async def test_how_far_the_answer_has_come_is_counted_by_facts_and_by_channel(tmp_path: Path):
    async with common(tmp_path) as house:
        cause = await house.begins()
        tickets = [await house.calls(n) for n in range(4)]
        for ticket_id in tickets[:3]:
            await house.links(ticket_id, cause)
        await house.does(tickets[0], CaseCancelled, reason_id="r1")
        before = house.progress(cause)
        await house.answers(cause)
        house.clock.at += timedelta(minutes=1)
        await house.is_texted(tickets[1])
        await house.does(tickets[2], case_facts.SolutionDelivered, channel=case_facts.Channel.CALL_BACK)

        told = house.progress(cause)
        house.clock.at += timedelta(minutes=1)
        await house.causes.answer(SARI, house.key(), cause, BETTER)
        improved = house.progress(cause)

        assert (before.tickets, before.open, before.answered, before.waiting) == (3, 2, 0, 0)
        assert (told.answered, told.waiting, told.told) == (2, 0, 2)
        assert told.channels == {"message": 1, "call_back": 1}
        assert (improved.answered, improved.waiting, improved.told) == (0, 2, 0)


# --- what must not go wrong ---


async def test_a_citizen_who_was_erased_holds_up_nobody_and_is_answered_no_more(tmp_path: Path):
    async with common(tmp_path) as house:
        cause = await house.begins()
        tickets = [await house.calls(n, f"08120000004{n}") for n in range(3)]
        for ticket_id in tickets:
            await house.links(ticket_id, cause)
        await upkeep.erase(house.journal, house.vault, "081200000040", house.clock)

        await house.answers(cause)

        assert [len(house.solutions(ticket_id)) for ticket_id in tickets] == [0, 1, 1]
        assert await house.causes.spread() == 0


async def test_a_ticket_that_cannot_be_answered_holds_up_no_other_and_gets_the_next_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    given = desk.give

    def failing(writing: Any, vault: Any, ticket_id: str, at: Any) -> bool:
        if ticket_id == bad:
            raise KeyError("a category nobody knows any more")
        return given(writing, vault, ticket_id, at)

    async with common(tmp_path) as house:
        cause = await house.begins()
        tickets = [await house.calls(n) for n in range(25)]
        for ticket_id in tickets:
            await house.links(ticket_id, cause)
        bad = tickets[3]
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(desk, "give", failing)
            await house.answers(cause)
            assert [len(house.solutions(one)) for one in tickets] == [int(one != bad) for one in tickets]

        await house.answers(cause, BETTER)

        assert [house.answers_of(one)[-1] for one in tickets] == [BETTER] * 25
        house.holds_together()


async def test_two_backends_give_each_answer_once_and_no_older_one_over_a_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with common(tmp_path) as one, common(tmp_path) as other:
        other.vault = other.causes._vault = other.journal._recorder._vault = one.vault
        cause = await one.begins()
        tickets = [await one.calls(n) for n in range(30)]
        for ticket_id in tickets:
            await one.links(ticket_id, cause)
        await one.causes.answer(SARI, one.key(), cause, ANSWER)
        write = other.journal.write

        async def late(work: Any) -> Any:
            """In between the answer is improved, and the improved one is given."""
            monkeypatch.setattr(other.journal, "write", write)
            one.clock.at += timedelta(seconds=1)
            await one.answers(cause, BETTER)
            return await write(work)

        monkeypatch.setattr(other.journal, "write", late)
        other.clock.at = one.clock.at + timedelta(seconds=2)

        await asyncio.gather(other.causes.spread(), one.causes.spread())
        await asyncio.gather(other.spreads(), one.spreads())

        for ticket_id in tickets:
            assert one.answers_of(ticket_id)[-1] == BETTER
            assert one.answers_of(ticket_id).count(BETTER) == 1
        one.holds_together()


# --- opened, heard, over ---


async def test_what_cannot_be_spoken_is_told_to_nobody_until_it_can_be(tmp_path: Path):
    async with common(tmp_path) as house:
        cause = await house.begins()
        spoken: list[tuple[str, str | None]] = []

        def fails(cause_id: str, text: str | None) -> None:
            raise Unavailable("tidak bersuara", "no voice")

        again = Common(house.engine, house.vault, house.journal, house.reader, []).put_together(house.clock)
        again.causes._speak = fails  # type: ignore[method-assign]
        await again.causes.refresh()
        await again.causes.refresh()
        mute = again.causes.open_now()
        again.causes._speak = lambda *said: spoken.append(said)  # type: ignore[method-assign]
        house.clock.at += desk.SPOKEN_AGAIN_AFTER
        await again.causes.refresh()
        house.clock.at += timedelta(days=1)
        await again.causes.refresh()

        assert (mute, again.causes.open_now()) == ((), ())
        assert spoken == [(cause, "Data Bapak Ibu tidak hilang."), (cause, None)]


async def test_a_sound_made_for_a_cause_that_is_refused_goes_again(tmp_path: Path):
    async with common(tmp_path) as house:
        sounds: set[str] = set()
        house.causes._speak = lambda one, text: sounds.add(one) if text else sounds.discard(one)  # type: ignore[method-assign]
        opened = {await house.begins() for _ in range(book.MOST_OPEN)}

        with pytest.raises(book.TooManyCauses):
            await house.begins()

        assert sounds == opened == set(house.causes.open_now())


async def test_the_journal_and_the_audit_tell_who_did_what_to_a_cause_and_none_of_its_words(tmp_path: Path):
    async with common(tmp_path) as house:
        cause = await house.begins()
        await house.answers(cause)
        await house.causes.close(SARI, house.key(), cause)

        with house.reader.connect() as connection:
            rows = connection.execute(tables.journal.select().where(tables.journal.c.kind.like("cause_%")))
            told = [(row.kind, row.body) for row in rows]
            audited = [row.action for row in connection.execute(tables.audit.select())]
        assert [kind for kind, _ in told] == ["cause_opened", "cause_answered", "cause_closed"]
        assert all(body == {"cause_id": cause, "actor_id": "sari"} for _, body in told)
        assert audited == ["cause.open", "cause.answer", "cause.close"]
        house.holds_together()


@pytest.mark.parametrize(
    "words",
    [
        "NIK 3578 0141 0190 0001 diblokir", "3578014101900001", "hubungi 081200000042", "+62 812 0000 0042",
        "0812-0000-0042", "(031) 5678901", "031 567 8901", "5678901", "WA 812 3456 7890",
        "tiket 261123-0042-4", "nomor ٠٨١٢٠٠٠٠٠٠٤٢",
    ],
)  # fmt: skip
def test_what_may_be_one_persons_number_is_not_for_everybodys_ears(words: str):
    assert holds_a_number(words)


@pytest.mark.parametrize(
    "words",
    [
        "Hubungi 1500 atau 112", "Jam layanan 07.30-15.00", "sampai 30-11-2026 pukul 15.00", "42.804 kartu",
        "Rp5.000.000", "paling lama 1 x 24 jam", "UU 24/2013", "2026-11-30", "kode 14045", "RT 05/RW 02",
    ],
)  # fmt: skip
def test_dates_hours_amounts_and_short_codes_may_be_said(words: str):
    assert not holds_a_number(words)


# --- whatever is done in whatever order ---

ACTS = st.sampled_from(["link", "other", "unlink", "key", "answer", "spread", "text", "cancel", "reopen"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ACTS, st.integers(0, 2)), max_size=24), st.randoms(use_true_random=False))
def test_in_any_order_each_linked_open_ticket_has_the_newest_answer_once_and_folds_the_same(
    tmp_path_factory: pytest.TempPathFactory, acts: Sequence[tuple[str, int]], chance: Any
):
    async def story() -> None:
        async with common(tmp_path_factory.mktemp("ledger")) as house:
            causes = {"link": await house.begins(), "other": await house.begins(title="Server mati")}
            tickets = [await house.calls(n, number) for n, number in enumerate((MOBILE, LANDLINE, None))]
            versions = dict.fromkeys(causes.values(), 0)
            for act, n in acts:
                house.clock.at += timedelta(seconds=1)
                await _does(house, act, tickets[n], causes, versions)
            house.clock.at += timedelta(seconds=1)
            await house.spreads()
            for ticket_id in tickets:
                _is_answered(house, ticket_id, versions)
                known = house.facts(ticket_id)
                chance.shuffle(known)
                assert fold(known + known[:3], ticket_id) == house.case(ticket_id)
            house.holds_together()

    asyncio.run(story())


async def _does(
    house: Common, act: str, ticket_id: str, causes: dict[str, str], versions: dict[str, int]
) -> None:
    case, cause = house.case(ticket_id), causes.get(act, causes["link"])
    acts: dict[str, tuple[bool, Callable[[], Awaitable[Any]]]] = {
        "key": (True, lambda: house.causes.link(ticket_id, cause, "pbx-9.0")),
        "spread": (True, house.causes.spread),
        "link": (not case.is_over, lambda: house.links(ticket_id, cause)),
        "other": (not case.is_over, lambda: house.links(ticket_id, cause)),
        "unlink": (case.cause_id is not None, lambda: house.unlinks(ticket_id)),
        "answer": (True, lambda: _answers(house, cause, versions)),
        "text": (case.stage is Stage.SOLVED, lambda: house.is_texted(ticket_id)),
        "cancel": (not case.is_over, lambda: house.does(ticket_id, CaseCancelled, reason_id="r1")),
        "reopen": (case.is_over, lambda: house.does(ticket_id, CaseReopened, reason_id="r2")),
    }
    possible, done = acts[act]
    if possible:
        await done()


async def _answers(house: Common, cause: str, versions: dict[str, int]) -> None:
    versions[cause] += 1
    await house.causes.answer(SARI, house.key(), cause, f"Jawaban ke-{versions[cause]}.")


def _is_answered(house: Common, ticket_id: str, versions: dict[str, int]) -> None:
    case, written = house.case(ticket_id), house.solutions(ticket_id)
    assert len({(one.cause_id, one.cause_version) for one in written}) == len(written), "each version once"
    if case.cause_id is None or case.is_over or not versions[case.cause_id]:
        return
    newest = [
        one
        for one in written
        if (one.cause_id, one.cause_version) == (case.cause_id, versions[case.cause_id])
    ]
    assert len(newest) == 1
    assert house.words(newest[0].text_id) == [f"Jawaban ke-{versions[case.cause_id]}."]


async def test_a_caller_who_presses_the_key_twice_is_linked_once_and_the_office_has_not_stirred(
    tmp_path: Path,
):
    async with common(tmp_path) as house:
        cause, ticket_id = await house.begins(), await house.calls(1)
        due_at = house.ticket(ticket_id).next_due_at

        for _ in range(2):
            await house.causes.link(ticket_id, cause, "pbx-1.0")
            house.clock.at += timedelta(seconds=5)

        linked = [fact for fact in house.facts(ticket_id) if isinstance(fact, LinkedToCause)]
        assert [(fact.actor_id, fact.actor_role) for fact in linked] == [(CITIZEN, CITIZEN)]
        assert house.ticket(ticket_id).next_due_at == due_at
        house.holds_together()
