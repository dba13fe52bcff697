"""What is the citizen's own: a field shown in full, the PIN read out, how they want to be reached."""

from datetime import timedelta

import structlog
from sqlalchemy import func, select

from config.errors import TooManyTries
from ticketing import case_facts, tables
from ticketing.calls.call import CallPhase
from ticketing.case_facts import Contact
from ticketing.desk.act import Act
from ticketing.desk.once import Answer
from ticketing.facts import Provenance
from ticketing.people import texts

UNMASKED, PIN_READ = "unmask", "pin.read"
LOOKS_AN_HOUR = 30
"""Of each kind, by one person; more is no daily work."""
AN_HOUR = timedelta(hours=1)
PROVES_IDENTITY = frozenset({texts.NAME, texts.NIK})
log = structlog.get_logger(__name__)


def prefer(act: Act, contact: Contact) -> Answer:
    """How the citizen wants to hear from the office, in whatever case of theirs."""
    act.does(case_facts.ContactPreferred, Provenance.DECLARED, person_id=act.person_id, contact=contact)
    return {}


def read_pin(act: Act) -> Answer:
    """The PIN is read out to the citizen on the line, once it is written down who they are; audited first."""
    act.refuse_unless(
        _talks_now(act),
        "PIN hanya dibacakan kepada warga yang sedang berbicara dengan Anda.",
        "The PIN is read out only to the citizen you are talking to.",
    )
    act.refuse_unless(
        bool(PROVES_IDENTITY & act.case.fields),
        "Tanyakan dan catat dahulu nama atau NIK warga, baru bacakan PIN.",
        "Ask for the citizen's name or NIK and write it down first, then read out the PIN.",
    )
    _refuse_beyond_an_hours_looks(act, PIN_READ)
    act.audits(PIN_READ)
    return {}


def unmask(act: Act, name: str, reason: str) -> Answer:
    """Show one field in full, for a reason; not more than thirty an hour. The audit has it first."""
    _refuse_beyond_an_hours_looks(act, UNMASKED)
    act.audits(UNMASKED, act.seal(texts.REASON, reason), f"{act.ticket_id}/{name}")
    return {}


def _talks_now(act: Act) -> bool:
    """Whether the actor's own talk with the citizen goes on; after it somebody else may be on that line."""
    phase = select(tables.calls.c.phase).where(tables.calls.c.call_id == act.call_id)
    return act.connection.scalar(phase) == CallPhase.TALKING.value


def _refuse_beyond_an_hours_looks(act: Act, action: str) -> None:
    column = tables.audit.c
    lately = select(func.count()).where(
        column.action == action, column.actor == act.actor.user_id, column.at > act.at - AN_HOUR
    )
    if (act.connection.scalar(lately) or 0) >= LOOKS_AN_HOUR:
        log.warning("too many looks at personal data", user_id=act.actor.user_id, action=action)
        raise TooManyTries(
            "Terlalu banyak data dibuka dalam satu jam. Hubungi supervisor.",
            "Too much was unmasked within an hour. Ask a supervisor.",
        )
