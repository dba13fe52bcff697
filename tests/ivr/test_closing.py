"""What becomes of those who wait when the office closes: per queue, and only where its hours are known."""

from dataclasses import replace
from datetime import datetime
from unittest.mock import Mock

from config.clock import OFFICE_ZONE
from ivr.registration import Registrar
from tests.builders import OFFICE

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=OFFICE_ZONE)


def registrar(at_closing: str, at: datetime = NOON) -> Registrar:
    queue = replace(OFFICE.default_queue, at_closing=at_closing)
    office = replace(OFFICE, queues={queue.name: queue})
    return Registrar(Mock(), Mock(), Mock(), lambda: office, lambda: at)


def test_a_queue_that_serves_its_last_callers_lets_nobody_go_at_closing():
    assert registrar("serve").closes_on("dukcapil") is None


def test_a_queue_that_calls_back_lets_callers_go_when_the_office_closes():
    assert registrar("call_back").closes_on("dukcapil") == NOON.replace(hour=15)


def test_a_caller_who_is_registered_at_the_last_minute_and_queues_after_closing_is_served():
    assert registrar("call_back", NOON.replace(hour=15)).closes_on("dukcapil") is None
