"""The benchmarks' own honesty: what they compare does the same work; goals are judged by the worse bound."""

from pathlib import Path

import pytest

from agent_bridge.bench import agi, ami, pop, rush, search, steps, ticket, webhook
from agent_bridge.bench.asking import AnswersLost, ask
from agent_bridge.bench.measure import Goal, Ratio, ratio, weigh


def test_ours_and_the_peer_make_the_same_facts_of_a_stream_cut_anywhere() -> None:
    against_peer, more_types = ami.run(lambda *_: None, calls=3, rounds=1)

    assert against_peer.facts["events"] == 3 * against_peer.facts["a_call"]
    assert more_types.path == "ami-200-types"


async def test_every_number_answered_in_a_benchmark_is_on_disk() -> None:
    results = await ticket.run(lambda *_: None, rounds=1, callers=64)

    assert [result.path for result in results] == ["ticket", "ticket-64", "ticket-64-p99"]
    assert results[0].facts["answered"] == results[0].facts["on_disk"] == 64 + ticket.ALONE


async def test_every_call_of_a_benchmark_has_its_eight_steps_and_every_act_its_fact() -> None:
    results = await steps.run(lambda *_: None, rounds=1, alone=5, callers=64, acts=8)

    paths = ["steps", "steps-64", "steps-64-cpu", "steps-unserved", "steps-act", "steps-act-cpu"]
    assert [result.path for result in results] == paths
    assert results[3].facts["owed"] == 128
    assert results[4].facts["acts"] == 8
    assert results[4].facts["step_rows"] == 14


def test_a_dialogue_of_the_benchmark_is_held_to_its_end_by_all_three() -> None:
    costs, beside = agi.run(lambda *_: None, sessions=3, rounds=1)

    assert min(costs.ours, costs.peer or 0, costs.floor or 0) > 0
    assert beside.facts["bad_peers"] == agi.BAD_PEERS


def test_the_benchmarks_searches_find_what_their_words_were_taken_from() -> None:
    few, many = search.run(lambda *_: None, articles=200, searches=60, rounds=1)

    assert (few.path, many.path) == ("search", "search-8000-words")
    for cost in (few, many):
        assert cost.facts["ours_found"] > max(0.8, cost.facts["floor_found"])
        assert cost.facts["floor_found"] > 0.2


async def test_every_request_of_the_benchmark_is_answered_and_every_caller_has_a_ticket() -> None:
    results = await webhook.run(lambda *_: None, rounds=1, requests=40, callers=(3, 40))

    paths = ["webhook", "webhook-rate", "webhook-ticket", "webhook-ticket-32"]
    assert [result.path for result in results] == paths
    assert results[0].facts["turn_ticket_us"] > results[0].facts["turn_again_us"] > results[0].ours > 0
    assert results[2].facts["answered"] == results[2].facts["on_disk"] == 43


async def test_ours_and_the_peer_refuse_a_request_that_is_not_as_it_was_signed(tmp_path: Path) -> None:
    forged = webhook.request(0).replace(b"Surabaya", b"Sidoarjo")

    async with webhook.serving(tmp_path) as servers:
        for who in ("ours", "again", "peer"):
            with pytest.raises(AnswersLost, match="403"):
                ask(servers[who].port, [forged], 1)


@pytest.mark.real
async def test_every_ring_of_the_benchmark_is_shown_at_the_desk() -> None:
    results = await pop.run(lambda *_: None, rounds=1, rings=5, rates=(0, 2_000))

    assert [result.path for result in results] == ["pop-0", "pop-2000", "pop-echo-2000"]
    assert results[0].facts["shown"] == 5


@pytest.mark.real
async def test_every_caller_of_the_rush_is_in_the_ledger_once() -> None:
    turn, shown = await rush.run(lambda *_: None, callers=10, events_a_second=2_000)

    assert turn.facts["numbers"] == shown.facts["callers"] == 10
    assert turn.facts["turns"] > 10 * 20


@pytest.mark.parametrize(
    ("limit", "at_least", "met"), [(1.2, False, False), (1.4, False, True), (1.0, True, True)]
)
def test_a_goal_is_met_by_the_worse_bound_only(limit: float, at_least: bool, met: bool) -> None:
    assert Goal("peer", limit, at_least=at_least).met_by(Ratio(1.1, 1.0, 1.3)) is met


def test_a_ratio_is_the_median_of_its_rounds_and_not_of_its_sums() -> None:
    found = ratio([1.0, 2.0, 300.0], [1.0, 1.0, 100.0])

    assert found.median == 2.0
    assert (found.low, found.high) == (1.0, 3.0)


def test_a_result_tells_its_figures_as_plain_json() -> None:
    taken = {"ours": [1.0, 1.0], "peer": [2.0, 4.0]}

    plain = weigh("x", "ms", Goal("peer", 0.5), taken).to_json()

    assert plain["ratio_to_peer"]["median"] == 0.375
    assert plain["floor"] is None
    assert plain["met"] is True
