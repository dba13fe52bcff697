"""The fold of a case: order and repetition make no difference, and merging can be undone."""

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import OFFICE
from tests.ticketing.case_stories import CALLS, FIELDS, OTHER, TICKET, after, done, some_facts, standing
from ticketing import case_facts as facts
from ticketing.case_facts import CaseFact
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Case, Stage
from ticketing.tickets.folding import fold
from ticketing.tickets.follow_up import OwnerRole, duty, owner
from ticketing.tickets.messages import owed

UNMERGED_KINDS = [kind for kind in FIELDS if kind not in (facts.Merged, facts.Unmerged)]
CALENDAR = Calendar(OFFICE.hours)
MERGED = done(facts.Merged, after(days=70))
UNMERGED = done(facts.Unmerged, after(days=150))


def told(known: list[CaseFact]) -> Case:
    """What the facts made of the case, but for when anybody last did something."""
    return replace(fold(known, TICKET), acted_at=None, misses=0, missed_at=None)


@given(some_facts(), CALLS, st.randoms(use_true_random=False), st.data())
def test_any_order_and_repetition_of_facts_makes_the_same_case_and_the_same_messages(
    known: list[CaseFact], call: dict[str, object], shuffle: random.Random, data: st.DataObject
):
    again = known + (data.draw(st.lists(st.sampled_from(known))) if known else [])
    shuffle.shuffle(again)

    assert fold(again, TICKET) == fold(known, TICKET)
    assert owed(standing(again, **call), again) == owed(standing(known, **call), known)


@given(some_facts(UNMERGED_KINDS, max_size=6))
def test_merging_and_unmerging_leaves_the_case_as_it_was(before: list[CaseFact]):
    together = [*before, MERGED, UNMERGED]

    assert told(together) == told(before)
    assert owner(standing(together), OFFICE) == owner(standing(before), OFFICE)


@given(some_facts(UNMERGED_KINDS, max_size=5), some_facts(UNMERGED_KINDS, max_size=3, since=1800))
def test_what_is_done_to_a_merged_ticket_stands_once_it_is_unmerged(
    before: list[CaseFact], meanwhile: list[CaseFact]
):
    assert told([*before, MERGED, *meanwhile, UNMERGED]) == told([*before, *meanwhile])


@given(some_facts(UNMERGED_KINDS, max_size=6))
def test_a_merged_case_is_owed_by_nobody_and_unmerged_it_is_owed_anew(before: list[CaseFact]):
    was_open = not fold(before, TICKET).is_over
    merged = standing([*before, MERGED])
    apart = duty(standing([*before, MERGED, UNMERGED]), OFFICE, CALENDAR)

    assert merged.case.is_over
    assert duty(merged, OFFICE, CALENDAR) is None
    assert (apart is not None) == was_open
    if apart:
        assert merged.case.stage is Stage.MERGED
        assert merged.case.reason_id == "r4"
        assert apart.due_at > UNMERGED.occurred_at, "nobody could act before"


def test_an_agent_who_merges_does_not_take_the_case_from_another():
    mine = done(facts.FaqOpened, after(hours=1), "dewi")
    merged = done(facts.Merged, after(hours=2), "sari", actor_role="agent")
    unmerged = done(facts.Unmerged, after(hours=3), "sari", actor_role="agent")

    assert owner(standing([mine, merged, unmerged]), OFFICE).id == "dewi"


def test_a_reason_given_before_the_merging_is_there_after_it():
    returned = done(facts.Returned, after(hours=2), reason_id="scan missing")
    sent = done(facts.SentToDispatcher, after(hours=1))

    case = fold(
        [sent, returned, done(facts.Merged, after(hours=3)), done(facts.Unmerged, after(hours=4))], TICKET
    )

    assert case.stage is Stage.RETURNED
    assert case.reason_id == "scan missing"


def test_a_merged_ticket_that_is_reopened_is_a_case_of_its_own():
    case = fold([MERGED, done(facts.CaseReopened, after(days=80))], TICKET)

    assert case.merged_into is None
    assert owner(standing([MERGED, done(facts.CaseReopened, after(days=80))]), OFFICE).role is OwnerRole.AGENT


def test_a_closed_case_cannot_wait_for_the_citizen():
    closed = done(facts.CaseClosed, after(hours=1))

    case = fold([closed, done(facts.WaitForCitizenBegun, after(hours=2))], TICKET)

    assert case.waiting_since_at is None


def test_a_text_put_right_after_the_end_leaves_it_told():
    known = [
        done(facts.SolutionWritten, after(hours=1)),
        done(facts.SolutionDelivered, after(hours=2)),
        done(facts.CitizenConfirmed, after(hours=3)),
        done(facts.SolutionWritten, after(hours=4)),
    ]

    case = fold(known, TICKET)

    assert case.stage is Stage.SETTLED
    assert case.delivered is not None
    assert case.solution is not None
    assert case.solution.written_at - case.delivered.at == timedelta(hours=2)


def test_a_merged_ticket_names_the_one_it_goes_on_in():
    assert fold([MERGED], TICKET).merged_into == OTHER
