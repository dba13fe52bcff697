"""Who gets the next call: places are kept, the longest idle is rung, a ring in vain goes on to the next."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ivr.queues.acd import Idle, Offer, Waiting, offers
from tests.builders import at

AGENTS = ("dewi", "rini", "tono")
idle = st.lists(
    st.builds(Idle, st.sampled_from(AGENTS), st.integers(0, 600).map(at)),
    unique_by=lambda one: one.agent_id,
)
waiting = st.lists(
    st.builds(
        Waiting,
        st.integers(1, 9).map(lambda n: f"panggilan-{n}"),
        st.integers(0, 600).map(at),
        st.lists(st.sampled_from(AGENTS), max_size=4).map(tuple),
    ),
    unique_by=lambda one: one.call_id,
)


def test_the_agent_who_has_been_idle_longest_is_rung():
    made = offers([Waiting("a", at(0))], [Idle("dewi", at(20)), Idle("rini", at(10))])

    assert made == (Offer("a", "rini"),)


def test_whoever_has_the_older_place_is_first_be_it_from_an_earlier_call():
    came_back, new = Waiting("kembali", at(5)), Waiting("baru", at(100))

    assert offers([new, came_back], [Idle("dewi", at(0))]) == (Offer("kembali", "dewi"),)


def test_after_a_ring_in_vain_somebody_else_is_rung_and_the_same_one_only_where_nobody_else_is():
    caller = Waiting("a", at(0), ("rini",))
    both = [Idle("rini", at(1)), Idle("dewi", at(500))]

    assert offers([caller], both) == (Offer("a", "dewi"),)
    assert offers([caller], both[:1]) == (Offer("a", "rini"),)


def test_a_ring_in_vain_for_one_caller_is_held_against_nobody_for_the_next():
    callers = [Waiting("a", at(0), ("rini",)), Waiting("b", at(1))]

    assert offers(callers, [Idle("rini", at(1)), Idle("dewi", at(2))]) == (
        Offer("a", "dewi"),
        Offer("b", "rini"),
    )


@given(waiting, idle)
def test_as_many_are_offered_as_can_be_each_once_and_nobody_is_passed_over(
    callers: list[Waiting], agents: list[Idle]
):
    made = offers(callers, agents)

    assert len(made) == min(len(callers), len(agents))
    assert len({one.agent_id for one in made}) == len({one.call_id for one in made}) == len(made)
    served = {one.call_id for one in made}
    latest = max((one.since_at for one in callers if one.call_id in served), default=at(0) - timedelta(1))
    assert all(one.since_at >= latest for one in callers if one.call_id not in served)


@given(waiting, idle, st.randoms())
def test_the_order_in_which_they_are_named_changes_nothing(
    callers: list[Waiting], agents: list[Idle], random: Random
):
    shuffled = [random.sample(side, len(side)) for side in (callers, agents)]

    assert offers(*shuffled) == offers(callers, agents)
