"""What a message says: the office's words, filled in when it is sent."""

from collections.abc import Callable
from datetime import datetime

from config.clock import OFFICE_ZONE
from config.office import Office
from ivr.speech.digits import MONTHS, WEEKDAYS
from ticketing.ledger.cases import FoldedCase
from ticketing.reports.wording import STATES
from ticketing.tickets.follow_up import call_back_owed
from ticketing.tickets.messages import Message, MessageKind
from ticketing.tickets.number import from_digits

LONGEST = 459
"""Letters of three text messages in one."""

ReadText = Callable[[str], str | None]
"""Opens a sealed text by its id."""


def words_of(message: Message, found: FoldedCase, office: Office, line: str, pin: str, read: ReadText) -> str:
    """The message's text. Of a restricted matter nothing is said but that there is news."""
    standing = found.standing
    values = {"number": from_digits(message.ticket_id).written, "line": line, "pin": pin}
    kind = message.kind
    if kind is not MessageKind.NUMBER and office.is_restricted(standing.matter):
        return office.messages["restricted"].format_map(values)
    if kind is MessageKind.SOLUTION and standing.case.solution:
        solution = read(standing.case.solution.text_id)
        if solution is None:
            return office.messages["restricted"].format_map(values)
        return _with_solution(office.messages["solution"], values, solution)
    owed = call_back_owed(standing)
    if kind is MessageKind.CALL_BACK and owed:
        return office.messages["call_back"].format_map(values | {"date": _date(owed.due_at)})
    if kind is MessageKind.NUMBER:
        return office.messages["number"].format_map(values)
    return office.messages["progress"].format_map(values | {"state": STATES[standing.state].id.lower()})


def _with_solution(template: str, values: dict[str, str], solution: str) -> str:
    """A long solution is cut at a word; the rest is told by telephone, as the template says how."""
    room = LONGEST - len(template.format_map(values | {"solution": ""}))
    if len(solution) > room:
        solution = solution[: room - 4].rpartition(" ")[0] + " ..."
    return template.format_map(values | {"solution": solution})


def _date(at: datetime) -> str:
    local = at.astimezone(OFFICE_ZONE)
    day, month = WEEKDAYS[local.weekday()].title(), MONTHS[local.month - 1].title()
    return f"{day} {local.day} {month} pukul {local:%H.%M}"
