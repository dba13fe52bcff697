"""Ledgers held against what was written by hand: nothing is passed over, and every difference is told."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.stories.ledger import STORIES, differences, expected
from tests.stories.recording import RECORDINGS, Recording

NUMBERS = {"081200000042", "+6281200000042", "+62311500000"}
"""What may stand in a recording: nobody has them."""


def as_found() -> dict[str, Any]:
    """The ledger of an abandoned call, as one finds it."""
    found = deepcopy(expected("abandoned"))
    call, ticket = found["calls"][0], found["tickets"][0]
    call["wait_seconds"] = call["steps"][3]["seconds"] = 9.4
    call["steps"][2]["seconds"] = 12.0
    ticket["limit_at"] = "2026-12-09 09.01"
    return found


def test_what_is_within_the_tolerance_is_no_difference():
    assert list(differences(expected("abandoned"), as_found())) == []


def in_call(**other: Any) -> Any:
    return lambda found: found["calls"][0].update(other)


def in_ticket(**other: Any) -> Any:
    return lambda found: found["tickets"][0].update(other)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (in_call(wait_seconds=10.6), "calls[0].wait_seconds: expected 9 +- 1.5, found 10.6"),
        (in_call(wait_seconds=None), "calls[0].wait_seconds: expected 9 +- 1.5, found None"),
        (in_call(agent="first"), "calls[0].agent: expected None, found first"),
        (lambda found: found["calls"][0]["steps"].pop(3), "calls[0].steps.3: not found"),
        (lambda found: found["calls"][0]["steps"].update({4: "x"}), "calls[0].steps.4: not expected: x"),
        (lambda found: found["calls"].append({}), "calls: 1 expected, 2 found"),
        (in_ticket(registered=2), "tickets[0].registered: expected 1, found 2"),
        (in_ticket(limit_at="2026-12-09 09.03"), "tickets[0].limit_at: expected 2026-12-09 09.00 +- 2 min"),
        (in_ticket(call_back=None), "tickets[0].call_back: expected"),
        (lambda found: found["agents"].update(first="ready"), "agents.first: not expected: ready"),
    ],
)
def test_each_difference_is_told_with_its_place(change: Any, told: str):
    found = as_found()

    change(found)

    (line,) = differences(expected("abandoned"), found)
    assert line.startswith(told)


@pytest.mark.parametrize("file", sorted(RECORDINGS.glob("*.txt")), ids=lambda file: file.stem)
def test_a_recording_is_read_as_it_was_written(file: Path, tmp_path: Path):
    Recording.read(file).write(tmp_path / file.name)

    assert (tmp_path / file.name).read_text() == file.read_text()


def test_no_recording_names_a_number_somebody_may_have_or_a_place_on_a_machine():
    kept = [file.read_text() for file in RECORDINGS.glob("*.txt")]

    assert len(kept) >= len(STORIES)
    for text in kept:
        assert set(re.findall(r"(?<![0-9.])(?:\+62|0)[238][0-9]{7,}", text)) <= NUMBERS
        assert not re.search(r"/(?:home|root|tmp|work|usr|var)/|[Ss]ecret|[Tt]oken", text)
