"""A made-up month of the hotline with the real forecast: how many of the waits it told were true."""

import dataclasses
import json
from collections.abc import Iterable

import pytest
from typer.testing import CliRunner

from agent_bridge.cli import app
from agent_bridge.rehearsal.simulated_queue import SimulatedQueue, simulate
from tests.builders import OFFICE
from ticketing.waits.forecast import Experience, Served, Wait, learn

WORKING_DAYS = 22
MOST, LEAST = 0.95, 0.85


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nine_in_ten_waits_told_in_a_month_are_true(seed: int):
    month = simulate(OFFICE.hours, seed, WORKING_DAYS)

    told, worst = month.told, month.told.worst_day
    assert worst
    print(
        f"\nseed {seed}: {told.total.to_json()}, worst day {worst}: {told.by_day[worst].to_json()}, "
        f"bound / actual {told.generosity}, untold {month.untold}"
    )
    assert told.total.told > 1000
    assert LEAST <= (told.total.share or 0) <= MOST
    assert (told.generosity or 99) < 2.5, "a bound that is always true is of no use"


def test_the_mean_wait_alone_would_not_hold():
    def uncorrected(served: Iterable[Served], waits: Iterable[Wait], at: float) -> Experience | None:
        known = learn(served, waits, at)
        return known and dataclasses.replace(known, correction=0.0)

    month = simulate(OFFICE.hours, 1, WORKING_DAYS, uncorrected)

    assert (month.told.total.share or 0) < LEAST


def test_the_same_seed_makes_the_same_days_and_no_call_of_them_is_lost():
    first, again = (SimulatedQueue(OFFICE.hours, 7).run(3) for _ in range(2))

    assert [one.row() for one in first] == [one.row() for one in again]
    assert all(one.answered or one.gone for one in first)
    assert all(one.told is None or one.untold is None for one in first)


def test_the_command_prints_figures_for_machines():
    result = CliRunner().invoke(app, ["waits", "simulate", "--days", "3", "--seed", "4", "--json"])

    assert result.exit_code == 0, result.output
    figures = json.loads(result.output)
    assert figures["total"]["told"] == sum(day["told"] for day in figures["by_day"].values())
    assert figures["bound_to_actual_median"] > 0
