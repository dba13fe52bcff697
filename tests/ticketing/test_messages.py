"""What the citizen is owed, also whoever reported a case that was merged into another."""

from datetime import datetime

import pytest
from hypothesis import given

from tests.ticketing.case_stories import FIELDS, OTHER, TICKET, after, done, some_facts, standing
from ticketing import case_facts as facts
from ticketing.case_facts import CaseFact
from ticketing.tickets.duplicates import MergedIntoItself, NothingToMerge, check_merge, goes_on_in
from ticketing.tickets.folding import fold
from ticketing.tickets.messages import MessageKind, owed

THIRD = "26112300441"
MERGED = done(facts.Merged, after(hours=10))
SOLVED = done(facts.SolutionWritten, after(hours=20), ticket_id=OTHER)


def told(own: list[CaseFact], *others: CaseFact) -> list[tuple[MessageKind, datetime, bool]]:
    """Kind, since when owed, and whether told, of each message of the ticket."""
    everything = [*own, *others]
    facts_of = goes_on_in(TICKET, lambda one: [fact for fact in everything if fact.ticket_id == one])
    return [
        (message.kind, message.owed_at, message.told_at is not None)
        for message in owed(standing(own), own, facts_of)
    ]


def test_who_reported_a_merged_ticket_is_owed_the_solution_of_the_other():
    delivered = done(facts.SolutionDelivered, after(hours=21), ticket_id=OTHER)

    assert told([MERGED], SOLVED, delivered) == [
        (MessageKind.PROGRESS, after(hours=10), False),
        (MessageKind.SOLUTION, after(hours=20), False),
    ], "the other citizen was told, this one was not"


def test_the_solution_of_a_merged_ticket_is_told_to_its_own_reporter():
    own = done(facts.SolutionDelivered, after(hours=22))

    assert [one[2] for one in told([MERGED, own], SOLVED)] == [True, True]


def test_a_message_is_told_by_its_key():
    message = owed(standing([MERGED]), [MERGED], {OTHER: [SOLVED]})[1]
    heard = done(facts.CitizenTold, after(hours=23), message=message.key)

    assert [one[2] for one in told([MERGED, heard], SOLVED)] == [False, True]


def test_an_answer_that_stood_already_is_owed_from_the_merging_on():
    before = done(facts.SolutionWritten, after(hours=3), ticket_id=OTHER)
    older = done(facts.SolutionWritten, after(hours=2), ticket_id=OTHER)

    assert told([MERGED], older, before) == [
        (MessageKind.PROGRESS, after(hours=10), False),
        (MessageKind.SOLUTION, after(hours=10), False),
    ]


def test_an_answer_taken_back_before_the_merging_is_not_owed():
    before = done(facts.SolutionWritten, after(hours=3), ticket_id=OTHER)
    reopened = done(facts.CaseReopened, after(hours=4), ticket_id=OTHER)

    assert [one[0] for one in told([MERGED], before, reopened)] == [MessageKind.PROGRESS]


def test_news_after_the_unmerging_are_the_others_own():
    unmerged = done(facts.Unmerged, after(hours=15))

    assert [one[1] for one in told([MERGED, unmerged], SOLVED)] == [after(hours=10), after(hours=15)]


def test_a_ticket_merged_into_one_that_is_merged_hears_the_last_ones_news():
    onwards = done(facts.Merged, after(hours=12), ticket_id=OTHER, into_ticket_id=THIRD)
    solved = done(facts.SolutionWritten, after(hours=30), ticket_id=THIRD)

    assert (MessageKind.SOLUTION, after(hours=30), False) in told([MERGED], onwards, solved)


def test_tickets_merged_into_each_other_end_all_the_same():
    back = done(facts.Merged, after(hours=11), ticket_id=OTHER, into_ticket_id=TICKET)

    assert told([MERGED], back, SOLVED)[-1] == (MessageKind.SOLUTION, after(hours=20), False)


@given(some_facts([kind for kind in FIELDS if kind not in (facts.CaseClosed, facts.CaseCancelled)]))
def test_merging_marks_nothing_as_told(known: list[CaseFact]):
    merged = done(facts.Merged, after(days=100))
    before = {one.key: one.told_at for one in owed(standing(known), known)}

    after_it = {one.key: one.told_at for one in owed(standing([*known, merged]), [*known, merged])}

    assert {key: after_it[key] for key in before} == before


@given(some_facts(max_size=8), some_facts(max_size=1, since=0.0001))
def test_a_fact_that_comes_late_leaves_the_other_messages_keys_alone(
    known: list[CaseFact], late: list[CaseFact]
):
    keys = {one.key for one in owed(standing(known), known)}

    assert keys <= {one.key for one in owed(standing([*known, *late]), [*known, *late])}


def test_a_number_is_owed_to_who_hung_up_before_hearing_it_and_for_a_ticket_opened_by_hand():
    opened = done(facts.CaseOpened, after(hours=1))

    assert [one.kind for one in owed(standing([], number_unheard=True), [])] == [MessageKind.NUMBER]
    assert told([opened]) == [(MessageKind.NUMBER, after(hours=1), False)]
    assert told([opened, done(facts.CitizenTold, after(hours=2))]) == [
        (MessageKind.NUMBER, after(hours=1), True)
    ]


def test_only_what_is_open_is_merged_and_never_into_itself():
    mine, other = fold([], TICKET), fold([], OTHER)
    check_merge(mine, other)

    with pytest.raises(MergedIntoItself):
        check_merge(mine, mine)
    with pytest.raises(NothingToMerge, match=f"Use ticket {OTHER}"):
        check_merge(other, fold([MERGED], TICKET))
    with pytest.raises(NothingToMerge):
        check_merge(fold([done(facts.CaseClosed, after())], TICKET), other)
