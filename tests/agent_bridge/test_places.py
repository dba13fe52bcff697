"""The check of spoken places itself: the queue from its events, places from what was heard."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_bridge.rehearsal.places import (
    STAMPED_LATE_SECONDS,
    TO_THE_EAR_SECONDS,
    QueueEventsMissing,
    QueueHistory,
    SpokenPlace,
    held_against,
    spoken_places,
)
from ivr.probe.ears import Heard, Transcript
from tests.builders import at
from ticketing.facts import CallAbandoned, CallFact, CallLeftQueue, CallQueued


def joins(call_id: str, seconds: float, position: int) -> CallFact:
    key = f"{call_id}/queued/{seconds}"
    return CallQueued(key=key, occurred_at=at(seconds), call_id=call_id, queue="dukcapil", position=position)


def leaves(call_id: str, seconds: float) -> CallFact:
    key = f"{call_id}/left/{seconds}"
    return CallLeftQueue(key=key, occurred_at=at(seconds), call_id=call_id, queue="dukcapil", position=0)


def hangs_up(call_id: str, seconds: float) -> CallFact:
    key = f"{call_id}/abandoned"
    return CallAbandoned(key=key, occurred_at=at(seconds), call_id=call_id, queue="dukcapil", position=0)


def moment(seconds: float) -> float:
    return at(seconds).timestamp()


THREE = [joins("a", 0, 1), joins("b", 10, 2), joins("c", 20, 3), leaves("a", 30), joins("d", 40, 2)]
"""The fourth gets a place it had before: ahead of the third."""


def test_a_place_changes_as_those_ahead_leave_and_old_places_come_back():
    history = QueueHistory(reversed(THREE))

    assert history.places("c", moment(21), moment(22)) == {3}
    assert history.places("c", moment(29), moment(31)) == {3, 2}
    assert history.places("c", moment(41), moment(42)) == {3}
    assert history.places("d", moment(41), moment(42)) == {2}
    assert history.places("a", moment(31), moment(32)) == set()
    assert history.longest == 3


def test_whoever_hung_up_is_counted_or_not_until_the_pbx_says_they_left():
    history = QueueHistory([*THREE[:3], hangs_up("a", 30), hangs_up("b", 31), leaves("a", 32)])

    assert history.places("c", moment(29), moment(29.5)) == {3}
    assert history.places("c", moment(30.5), moment(30.9)) == {3, 2}
    assert history.places("c", moment(31.5), moment(31.9)) == {3, 2, 1}
    assert history.places("c", moment(33), moment(34)) == {2, 1}


@pytest.mark.parametrize(
    "facts", [[leaves("a", 1)], [joins("a", 0, 2)], [joins("a", 0, 1), joins("b", 1, 3)]]
)
def test_events_that_do_not_add_up_are_held_against_nothing(facts: Sequence[CallFact]):
    with pytest.raises(QueueEventsMissing):
        QueueHistory(facts)


@given(st.integers(0, 2**32))
def test_a_place_is_one_more_than_those_who_stand_ahead(seed: int):
    draw, facts, standing = random.Random(seed), [], list[str]()
    for second in range(60):
        if standing and draw.random() < 0.4:
            facts.append(leaves(standing.pop(draw.randrange(len(standing))), second))
        else:
            place = draw.randint(1, len(standing) + 1)
            standing.insert(place - 1, f"c{second}")
            facts.append(joins(f"c{second}", second, place))
    history = QueueHistory(facts)

    for n, call_id in enumerate(standing, start=1):
        assert history.places(call_id, moment(59.5), moment(60)) == {n}


def test_whoever_comes_back_behind_those_who_stood_behind_them_was_overtaken():
    away = [*THREE[:3], joins("e", 21, 4), leaves("b", 25), leaves("a", 26)]
    kept = QueueHistory([*away, joins("b", 27, 1)])
    lost = QueueHistory([*away, joins("b", 27, 2)])

    assert kept.overtaken == {}
    assert lost.overtaken == {"b": 1}


def heard(*sounds: tuple[str, float, float]) -> Transcript:
    return Transcript(tuple(Heard(name, begins, ends, 1.0) for name, begins, ends in sounds), ())


def test_a_place_is_what_the_sounds_of_its_number_amount_to_from_when_they_begin():
    transcript = heard(
        ("hotline/urutan", 1, 3), ("digits/20", 3, 3.8), ("digits/5", 3.8, 4.2), ("music", 4.3, 9),
        ("hotline/urutan-pertama", 9, 11), ("hotline/urutan", 20, 22), ("digits/7", 22.1, 22.6),
        ("music", 23, 60),
    )  # fmt: skip

    found = spoken_places(transcript, 1000.0, 1060.0)

    assert found == [SpokenPlace(1003.0, 25), SpokenPlace(1009.0, 1), SpokenPlace(1022.1, 7)]


def test_a_number_that_was_cut_off_or_is_another_ones_is_no_place():
    cut_off = heard(("hotline/urutan", 1, 3), ("digits/20", 3, 3.8))
    unheard = heard(("hotline/urutan", 1, 3), ("music", 3, 9), ("digits/4", 9, 9.4), ("music", 9.5, 60))

    assert spoken_places(cut_off, 0.0, 4.0) == []
    assert spoken_places(unheard, 0.0, 60.0) == []


def test_a_place_is_wrong_unless_it_was_true_when_it_was_looked_up_or_heard():
    history = QueueHistory(THREE)
    times = {
        "before": 25,
        "looked up": 30 + TO_THE_EAR_SECONDS / 2,
        "stamped": 30 - STAMPED_LATE_SECONDS / 2,
        "after": 32,
    }

    wrong = {
        (when, place)
        for when, seconds in times.items()
        for place in (2, 3)
        if held_against(history, "c", [SpokenPlace(moment(seconds), place)])[0].is_wrong
    }

    assert wrong == {("before", 2), ("after", 3)}


def test_whoever_does_not_stand_in_the_queue_is_told_no_place_at_all():
    [verdict] = held_against(QueueHistory(THREE), "a", [SpokenPlace(moment(35), 1)])

    assert verdict.is_wrong
