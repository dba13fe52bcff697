"""What a message says: the office's words, filled in when it is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config import gsm
from config.clock import OFFICE_ZONE
from config.office import Office
from ivr.speech.digits import MONTHS, WEEKDAYS
from ticketing.case_facts import CallBackPutOff, ForwardedToOfficial, ReferredElsewhere, SolutionWritten
from ticketing.ledger.cases import FoldedCase
from ticketing.tickets.follow_up import call_back_owed
from ticketing.tickets.messages import Message, MessageKind
from ticketing.tickets.number import from_digits

LONGEST = 10 * gsm.PART
"""Letters of ten parts: what telephones put together again. An answer is told whole, or by telephone."""
A_UNIT = "bidang terkait"

ReadText = Callable[[str], str | None]
"""Opens a sealed text by its id; None where there is none, or it may not go to this citizen."""


@dataclass(frozen=True, slots=True)
class StatusWays:
    """How citizens ask for the status: by calling `line`, and at `web` where there is such an address."""

    line: str
    web: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What is sent; `is_answer` tells whether it holds the answer itself."""

    text: str
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Composer:
    """Fills in the office's words for one message."""

    office: Office
    ways: StatusWays
    pin: str
    read: ReadText

    def compose(self, message: Message, found: FoldedCase) -> Words:
        """What the citizen is told. Of a restricted matter nothing but that there is news."""
        if message.kind is MessageKind.NUMBER:
            return Words(self._number(message))
        if self.is_restricted(message, found):
            return self._filled(message, self.office.messages.restricted)
        fact = message.fact
        if isinstance(fact, SolutionWritten):
            return self._answer(message, self.office.messages.solution, "solution", fact.text_id)
        if isinstance(fact, CallBackPutOff):
            promised = call_back_owed(found.standing)
            due_at = promised.due_at if promised else fact.due_at
            return self._filled(message, self.office.messages.call_back, date=_date(due_at))
        assert fact is not None
        template = self.office.messages.progress[fact.kind]
        if isinstance(fact, ReferredElsewhere):
            return self._answer(message, template, "elsewhere", fact.belongs_to)
        unit = self.office.units.units.get(fact.unit) if isinstance(fact, ForwardedToOfficial) else None
        return self._filled(message, template, unit=unit.label.id if unit else A_UNIT)

    def is_restricted(self, message: Message, found: FoldedCase) -> bool:
        """Whether the matter is for few eyes only: the ticket's own, or the one it goes on in."""
        return self.office.is_restricted(found.standing.matter) or any(
            self.office.is_restricted(getattr(fact, "category", None))
            for known in found.others.values()
            for fact in known
        )

    def _number(self, message: Message) -> str:
        """In one message: where the web's address does not fit in, without it."""
        template = self.office.messages.number
        full = self._filled(message, template, pin=self.pin).text
        if gsm.room(full) <= gsm.ONE_MESSAGE:
            return full
        by_phone = self.office.messages.status.format_map({"line": self.ways.line})
        return self._filled(message, template, pin=self.pin, status=by_phone).text

    def _answer(self, message: Message, template: str, name: str, text_id: str) -> Words:
        """With the answer in it, if it may go to this citizen and into one message."""
        text = self.read(text_id)
        if text is not None:
            whole = self._filled(message, template, **{name: _sentence(text)}).text
            if gsm.room(whole) <= LONGEST:
                return Words(whole, is_answer=True)
        return self._filled(message, self.office.messages.answered)

    def _filled(self, message: Message, template: str, **more: str) -> Words:
        number, line = from_digits(message.ticket_id).written, self.ways.line
        values = {"number": number, "line": line, "status": self._status()} | more
        return Words(gsm.plain(template.format_map(values)))

    def _status(self) -> str:
        words = self.office.messages
        template = words.status_web if self.ways.web else words.status
        return template.format_map({"line": self.ways.line, "web": self.ways.web})


def _sentence(text: str) -> str:
    """On one line, with an end."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _date(at: datetime) -> str:
    local = at.astimezone(OFFICE_ZONE)
    day, month = WEEKDAYS[local.weekday()].title(), MONTHS[local.month - 1].title()
    return f"{day} {local.day} {month} pukul {local:%H.%M}"
