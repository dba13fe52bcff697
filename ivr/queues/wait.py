"""A wait on a line whose telephone system has no queue of its own to say a place or end it in time. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.office import Queue
from ivr.speech.digits import PAUSE, spoken_count
from ticketing.calls.call import Call
from ticketing.facts import CLOSED

TIMEOUT = "TIMEOUT"
TOPICS, CALL_BACK = "pilih-topik", "tawar-telepon-kembali"


@dataclass(frozen=True, slots=True)
class Limit:
    """When a wait ends in vain, and the status it then ends with."""

    at: datetime
    status: str


def limit(queue: Queue, since_at: datetime, closes_at: datetime | None) -> Limit:
    """The queue's longest wait, or the office's closing for those who are sent home then."""
    longest_at = since_at + timedelta(seconds=queue.max_wait_seconds)
    if closes_at is not None and closes_at <= longest_at:
        return Limit(closes_at, CLOSED)
    return Limit(longest_at, TIMEOUT)


def can_be_called(call: Call) -> bool:
    """Whether the office could call back; only then a call is offered or promised."""
    return call.ticket_id is not None and call.person_id is not None


def announced(round_: int, position: int, call: Call) -> tuple[str, ...]:
    """What is said in each round: the place, and from the second on topics and a call-back by turns."""
    place = ("urutan-pertama",) if position == 1 else ("urutan", *spoken_count(position), PAUSE)
    if round_ == 0:
        return place
    return (*place, TOPICS if round_ % 2 or not can_be_called(call) else CALL_BACK)


def farewell(call: Call) -> str:
    """What somebody hears whom the queue let go."""
    prompt = "tutup-saat-menunggu" if call.queue_closed else "semua-sibuk"
    return prompt if can_be_called(call) else f"{prompt}-netral"
